//! What accounts and their networks said.

use axum::http::StatusCode;
use rookery_accounts::{AccessError, AccountsError, ConnectError};

use super::{FieldError, Problem};

impl From<AccountsError> for Problem {
    fn from(error: AccountsError) -> Self {
        match &error {
            AccountsError::NotFound(_) => Self::not_found("account"),
            AccountsError::NoConnector(_) => Self::field("platform", "platform_not_available", format!("{error}.")),
            AccountsError::AddressNeeded(_) => Self::field("baseUrl", "address_needed", format!("{error}.")),
            AccountsError::ChooseProfile(profiles) => Self::invalid(vec![FieldError {
                field: "profileId".into(),
                code: "choose_profile".into(),
                message: "The token allows several profiles; name one of them.".into(),
                suggestion: Some(
                    profiles.iter().map(|p| format!("{} ({})", p.id, p.username)).collect::<Vec<_>>().join(", "),
                ),
            }]),
            AccountsError::NoPasswords(_) => Self::field("platform", "no_passwords", format!("{error}.")),
            AccountsError::SignInRefused(call) => Self::field(
                "password",
                "sign_in_refused",
                format!(
                    "The network says: {}. Check the handle, the server and the app password.",
                    call.message.trim_end_matches('.')
                ),
            ),
            AccountsError::Network(call) => Self::new(
                StatusCode::BAD_GATEWAY,
                "network_refused",
                "The network did not accept it",
                call.message.clone(),
            ),
            AccountsError::Db(e) => Self::database(e),
        }
    }
}

impl From<ConnectError> for Problem {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::InvalidState => Self::conflict("sign_in_expired", format!("{error}.")),
            ConnectError::NoApp(_) => Self::field("platform", "no_app", format!("{error}.")),
            ConnectError::NoProfile => Self::field("profileId", "no_profile", format!("{error}.")),
            ConnectError::Accounts(e) => e.into(),
        }
    }
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        match &error {
            AccessError::NotFound(_) => Self::not_found("account"),
            AccessError::NotUsable(_) => {
                Self::conflict("account_not_usable", format!("It cannot be used: {error}. Connect it again."))
            }
            AccessError::NoConnector(_) => Self::field("platform", "platform_not_available", format!("{error}.")),
            AccessError::Vault(e) => Self::internal(e),
            AccessError::Db(e) => Self::database(e),
        }
    }
}
