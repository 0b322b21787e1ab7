//! Random tokens: shown once, kept as digests.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rookery_kernel::{IdGen, labelled};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

labelled! {
    /// What a token in a mail is for.
    EmailTokenPurpose, "identity.email_token_purpose", "purpose" {
        /// Shows that the address is theirs; 24 hours.
        VerifyEmail = "verify_email",
        /// Sets a new password; one hour.
        ResetPassword = "reset_password",
        /// Takes another address; 24 hours.
        ChangeEmail = "change_email",
    }
}

/// SHA-256 of a token. The tokens have 256 random bits, so a fast digest is as good as a slow one.
pub(crate) type Digest = [u8; 32];

/// 32 random bytes as text of 43 characters.
pub(crate) fn random(ids: &dyn IdGen) -> String {
    let mut bytes = [0; 32];
    ids.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is stored of a token.
pub(crate) fn digest(token: &SecretString) -> Digest {
    Sha256::digest(token.expose_secret().as_bytes()).into()
}
