//! `rookery user` and `rookery token`

use std::io::{BufRead as _, IsTerminal as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use rookery_governance::audit::Origin;
use rookery_identity::{CreateUserError, KeyScope, NewApiKey, NewOrganization, NewUser, SetupError};
use rookery_kernel::{Actor, Scope, Zone};
use secrecy::{ExposeSecret as _, SecretString};

use super::{organization, with_core};
use crate::cli::{TokenCommand, UserCommand};
use crate::config::Config;

/// `rookery user create`
pub(crate) async fn user(config: &Config, command: UserCommand) -> anyhow::Result<ExitCode> {
    let UserCommand::Create { email, name, organization } = command;
    let password = tokio::task::spawn_blocking(read_password).await??;
    with_core(config, async |core| {
        let by = Origin::new(Actor::System);
        let new = NewUser::new(email, password).named(name);
        // The first person looks after the installation.
        let created = match core.identity.create_first_user(&by, new.clone()).await {
            Err(SetupError::AlreadySetUp) => core.identity.create_user(&by, new).await,
            Err(SetupError::Create(error)) => Err(error),
            Ok(user) => {
                println!("{} is this installation's administrator", user.email);
                Ok(user)
            }
        };
        let user = created.map_err(in_words)?;
        println!("{} can sign in", user.email);
        if let Some(name) = organization {
            let new = NewOrganization { name, timezone: Zone::utc() };
            let made = core.identity.create_organization(&by, user.id, new).await?;
            println!("organization {} has the slug {}", made.name, made.slug);
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

fn in_words(error: CreateUserError) -> anyhow::Error {
    match error {
        CreateUserError::Invalid(findings) => {
            let lines: Vec<String> = findings.iter().map(|f| format!("  - {}: {}", f.field, f.message)).collect();
            anyhow::anyhow!("the person was not created:\n{}", lines.join("\n"))
        }
        other => other.into(),
    }
}

fn read_password() -> anyhow::Result<SecretString> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        eprintln!("password (one line):");
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line).context("the password could not be read from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("no password came on standard input; try: echo 'a good password' | rookery user create …");
    }
    Ok(SecretString::from(password))
}

/// `rookery token create`
pub(crate) async fn token(config: &Config, command: TokenCommand) -> anyhow::Result<ExitCode> {
    let TokenCommand::Create { organization: slug, name, scopes } = command;
    let scopes: Vec<KeyScope> =
        scopes.iter().map(|s| s.trim().parse()).collect::<Result<_, _>>().context("--scopes")?;
    with_core(config, async |core| {
        let scope = Scope::system(organization(core, &slug).await?);
        let (key, secret) = core.identity.create_api_key(&scope, NewApiKey { name, scopes, expires_at: None }).await?;
        eprintln!("key {:?} of {slug}; it is shown once:", key.name);
        println!("{}", secret.expose_secret());
        Ok(ExitCode::SUCCESS)
    })
    .await
}
