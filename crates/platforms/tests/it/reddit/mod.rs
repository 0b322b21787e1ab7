mod connect;
mod content;
mod errors;
mod publish;

use rookery_platforms::Access;
use serde_json::json;

use crate::fake::Fake;

/// The account of the recorded answers.
pub(super) fn access(fake: &Fake) -> Access {
    Access { metadata: json!({"name": "harbour_bakery"}), ..fake.access("abc12") }
}
