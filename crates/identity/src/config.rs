//! What an installation may decide about signing in.

use std::num::NonZeroU32;
use std::time::Duration;

/// Limits and lives. The defaults are PUB-6 and PUB-7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Sign-in attempts per e-mail address, and per network address, within [`Config::sign_in_window`].
    pub sign_in_attempts_max: NonZeroU32,
    /// The time in which that many attempts are allowed.
    pub sign_in_window: Duration,
    /// Life of a session without "remember me".
    pub session_life: Duration,
    /// Life of a session with it.
    pub remembered_session_life: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sign_in_attempts_max: NonZeroU32::new(10).expect("ten is not zero"),
            sign_in_window: Duration::from_secs(15 * 60),
            session_life: Duration::from_secs(24 * 3600),
            remembered_session_life: Duration::from_secs(30 * 24 * 3600),
        }
    }
}
