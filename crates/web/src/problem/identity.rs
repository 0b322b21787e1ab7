//! What people, organizations, sessions and keys said.

use rookery_identity::{
    ApiKeyError, CreateUserError, Finding, KeyAuthError, MemberError, OrganizationError, PasswordError, SessionError,
    SetupError, SignInError, SwitchError, UserError,
};
use rookery_kernel::Timestamp;

use super::{FieldError, Problem};

fn faults(findings: &[Finding]) -> Problem {
    let fault = |f: &Finding| FieldError {
        field: f.field.into(),
        code: f.code.into(),
        message: f.message.clone(),
        suggestion: None,
    };
    Problem::invalid(findings.iter().map(fault).collect())
}

fn locked(until: Timestamp) -> Problem {
    Problem::too_many(format!("Too many wrong passwords. This address is locked until {until}."), 15 * 60)
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        let mut problem = Self::unauthorized();
        match &error {
            SessionError::Unknown => {}
            SessionError::Expired => {
                problem.detail = "The session has expired. Sign in again.".into();
                problem.rename("session_expired");
            }
            SessionError::Inactive => return Self::forbidden("This account is switched off."),
            SessionError::NoOrganization => return Self::forbidden("This account belongs to no organization."),
            SessionError::Db(e) => return Self::database(e),
        }
        problem
    }
}

impl From<KeyAuthError> for Problem {
    fn from(error: KeyAuthError) -> Self {
        let (code, detail) = match &error {
            KeyAuthError::Unknown => ("key_unknown", "There is no such API key."),
            KeyAuthError::Revoked => ("key_revoked", "The API key was revoked. Make another one."),
            KeyAuthError::Expired => ("key_expired", "The API key has expired. Make another one."),
            KeyAuthError::Db(e) => return Self::database(e),
        };
        let mut problem = Self::unauthorized();
        problem.rename(code);
        problem.detail = detail.into();
        problem
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match &error {
            SignInError::WrongCredentials => {
                let mut problem = Self::unauthorized();
                problem.rename("wrong_credentials");
                problem.detail = "E-mail and password do not fit together.".into();
                problem
            }
            SignInError::Locked { until } => locked(*until),
            SignInError::TooMany { retry_after } => Self::too_many(format!("{error}."), retry_after.as_secs().max(1)),
            SignInError::Inactive => Self::forbidden("This account is switched off. Ask whoever runs this server."),
            SignInError::Db(e) => Self::database(e),
        }
    }
}

impl From<SwitchError> for Problem {
    fn from(error: SwitchError) -> Self {
        match &error {
            SwitchError::NotFound(_) => Self::not_found("organization"),
            SwitchError::NoSession => Self::forbidden("An API key belongs to one organization."),
            SwitchError::Db(e) => Self::database(e),
        }
    }
}

impl From<ApiKeyError> for Problem {
    fn from(error: ApiKeyError) -> Self {
        match &error {
            ApiKeyError::NotFound(_) => Self::not_found("API key"),
            ApiKeyError::Invalid(findings) => faults(findings),
            ApiKeyError::Db(e) => Self::database(e),
        }
    }
}

impl From<CreateUserError> for Problem {
    fn from(error: CreateUserError) -> Self {
        match &error {
            CreateUserError::Invalid(findings) => faults(findings),
            CreateUserError::EmailTaken => Self::field("email", "email_taken", "Somebody uses this address already."),
            CreateUserError::Db(e) => Self::database(e),
        }
    }
}

impl From<SetupError> for Problem {
    fn from(error: SetupError) -> Self {
        match error {
            SetupError::AlreadySetUp => Self::conflict("already_set_up", "This server is set up already."),
            SetupError::Create(e) => e.into(),
        }
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match &error {
            PasswordError::WrongCurrent => {
                Self::field("currentPassword", "wrong_password", "The current password is not right.")
            }
            PasswordError::Locked { until } => locked(*until),
            PasswordError::Invalid(findings) => faults(findings),
            PasswordError::NotFound => Self::not_found("person"),
            PasswordError::Db(e) => Self::database(e),
        }
    }
}

impl From<UserError> for Problem {
    fn from(error: UserError) -> Self {
        match &error {
            UserError::NotFound(_) => Self::not_found("person"),
            UserError::LastAdmin => Self::conflict("last_admin", "This is the last admin of the server."),
            UserError::Db(e) => Self::database(e),
        }
    }
}

impl From<OrganizationError> for Problem {
    fn from(error: OrganizationError) -> Self {
        match &error {
            OrganizationError::NotFound(_) => Self::not_found("organization"),
            OrganizationError::UnknownOwner(_) => Self::not_found("person"),
            OrganizationError::Invalid(finding) => faults(std::slice::from_ref(finding)),
            OrganizationError::Db(e) => Self::database(e),
        }
    }
}

impl From<MemberError> for Problem {
    fn from(error: MemberError) -> Self {
        match &error {
            MemberError::NotFound(_) => Self::not_found("member"),
            MemberError::UnknownUser(_) => Self::not_found("person"),
            MemberError::AlreadyMember(_) => Self::conflict("already_member", "They belong to it already."),
            MemberError::OwnerStays => Self::conflict("owner_stays", "The owner changes by a transfer only."),
            MemberError::Db(e) => Self::database(e),
        }
    }
}
