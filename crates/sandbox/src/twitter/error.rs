//! Problems as X tells them (RFC 7807, more or less).

use serde_json::{Value, json};

use crate::call::Reply;

/// Where the types of problems are described.
const PROBLEMS: &str = "https://api.twitter.com/2/problems";

/// A problem with its status.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem {
    status: u16,
    body: Value,
}

impl Problem {
    /// A problem without a type of its own.
    pub fn blank(status: u16, title: &str, detail: &str) -> Self {
        Self { status, body: json!({ "title": title, "detail": detail, "type": "about:blank", "status": status }) }
    }

    pub fn unauthorized() -> Self {
        Self::blank(401, "Unauthorized", "Unauthorized")
    }

    pub fn forbidden(detail: &str) -> Self {
        Self::blank(403, "Forbidden", detail)
    }

    pub fn not_permitted() -> Self {
        Self::forbidden("You are not permitted to perform this action.")
    }

    pub fn too_many() -> Self {
        Self::blank(429, "Too Many Requests", "Too Many Requests")
    }

    pub fn trouble() -> Self {
        Self::blank(500, "Internal Server Error", "Internal Server Error")
    }

    /// No such path.
    pub fn path() -> Self {
        Self::blank(404, "Not Found", "Not Found")
    }

    /// A parameter is wrong.
    pub fn invalid(parameter: &str, value: &str, message: &str) -> Self {
        let body = json!({
            "errors": [{ "parameters": { parameter: [value] }, "message": message }],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": format!("{PROBLEMS}/invalid-request"),
        });
        Self { status: 400, body }
    }

    pub fn reply(self) -> Reply {
        Reply::json(self.status, self.body)
    }
}

/// One of several things is not there: stands beside the others with status 200.
pub(super) fn missing(kind: &str, parameter: &str, id: &str) -> Value {
    json!({
        "value": id,
        "detail": format!("Could not find {kind} with {parameter}: [{id}]."),
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": id,
        "type": format!("{PROBLEMS}/resource-not-found"),
    })
}

/// A field of one of several things is not told any more, or not to this caller.
pub(super) fn hidden_field(field: &str, id: &str) -> Value {
    json!({
        "resource_id": id,
        "parameter": "tweet.fields",
        "resource_type": "tweet",
        "field": field,
        "title": "Field Authorization Error",
        "section": "data",
        "detail": format!("Sorry, you are not authorized to access '{field}' on the Tweet with ids : [{id}]."),
        "type": format!("{PROBLEMS}/not-authorized-for-field"),
    })
}
