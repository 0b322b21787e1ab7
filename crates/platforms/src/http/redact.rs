//! Takes secrets out of text before anybody sees it.

use secrecy::{ExposeSecret as _, SecretString};

/// Names whose value is secret when a text quotes a query string or a JSON member.
const SECRET_NAMES: [&str; 8] = [
    "access_token",
    "refresh_token",
    "client_secret",
    "appsecret_proof",
    "fb_exchange_token",
    "code_verifier",
    "input_token",
    "Bearer ",
];

/// What stands where a secret stood.
const HIDDEN: &str = "[hidden]";

/// Longest message kept.
const MESSAGE_MAX: usize = 500;

/// Knows the secrets of one request.
#[derive(Clone)]
pub(crate) struct Redactor(Vec<SecretString>);

impl Redactor {
    pub fn new<'a>(secrets: impl Iterator<Item = &'a SecretString>) -> Self {
        Self(secrets.cloned().collect())
    }

    /// The text without secrets, on one line, cut to a readable length.
    pub fn clean(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        // A secret of two letters would hide half the message and is none.
        for secret in self.0.iter().map(SecretString::expose_secret).filter(|s| s.len() >= 4) {
            clean = clean.replace(secret, HIDDEN);
        }
        for name in SECRET_NAMES {
            clean = hide_values(&clean, name);
        }
        clean.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MESSAGE_MAX).collect()
    }
}

/// Hides what follows `name`, be it `name=value`, `"name":"value"` or `Bearer value`.
fn hide_values(text: &str, name: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let after = at + name.len();
        let gap = rest[after..].find(|c: char| !matches!(c, '=' | ':' | '"' | ' ')).unwrap_or(0);
        let is_assigned = name.ends_with(' ') || rest[after..after + gap].contains(['=', ':']);
        out.push_str(&rest[..after + gap]);
        rest = &rest[after + gap..];
        if is_assigned && !rest.starts_with(HIDDEN) {
            let end =
                rest.find(|c: char| c.is_whitespace() || matches!(c, '&' | '"' | ',' | '}')).unwrap_or(rest.len());
            if end > 0 {
                out.push_str(HIDDEN);
            }
            rest = &rest[end..];
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_secrets_and_named_values_disappear() {
        let redactor = Redactor::new([SecretString::from("EAAB-token")].iter());
        let text = "EAAB-token bad: https://x/y?access_token=abc&z=1 {\"client_secret\":\"s3\",\"a\":1} Bearer q.w";
        assert_eq!(
            redactor.clean(text),
            "[hidden] bad: https://x/y?access_token=[hidden]&z=1 {\"client_secret\":\"[hidden]\",\"a\":1} Bearer [hidden]"
        );
    }

    #[test]
    fn ordinary_words_stay() {
        let redactor = Redactor::new(std::iter::empty());
        assert_eq!(redactor.clean("Error validating access_token\n session"), "Error validating access_token session");
        assert_eq!(redactor.clean("The access token is invalid"), "The access token is invalid");
    }
}
