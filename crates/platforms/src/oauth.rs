//! What the OAuth 2.0 networks share: the proof key and the token answer.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::types::TokenSet;

/// PKCE (RFC 7636, S256): the verifier's SHA-256 in URL-safe base64 without padding.
pub(crate) fn challenge(verifier: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret().as_bytes()))
}

/// Tokens of a standard answer (RFC 6749, section 5.1); `None` if there is no access token in it.
/// Scopes are parted by blanks or, on some networks, by commas.
pub(crate) fn token_set(body: &Value) -> Option<TokenSet> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
    let scopes = text("scope").unwrap_or_default().split([' ', ',']).filter(|s| !s.is_empty());
    Some(TokenSet {
        access: text("access_token").map(SecretString::from)?,
        refresh: text("refresh_token").map(SecretString::from),
        expires_in: body.get("expires_in").and_then(Value::as_u64).map(Duration::from_secs),
        scopes: scopes.map(ToOwned::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_token_answer_is_read_and_an_empty_one_is_none() {
        let body = json!({"access_token": "a", "refresh_token": "", "expires_in": 7200, "scope": "read,write more"});
        let tokens = token_set(&body).expect("tokens");
        assert_eq!((tokens.access.expose_secret(), tokens.refresh.is_none()), ("a", true));
        assert_eq!(
            (tokens.expires_in, tokens.scopes.join("|").as_str()),
            (Some(Duration::from_secs(7200)), "read|write|more")
        );
        assert!(token_set(&json!({"token_type": "bearer"})).is_none());
    }
}
