//! Working tokens for accounts, issued anew where the old ones ended.

use rookery_kernel::{Platform, Timestamp};

use crate::protocols;
use crate::views::{ControlError, SandboxAccount};
use crate::world::{Account, App, Event, Holder, Person, Token, World};

pub(crate) fn find(world: &World, platform_user_id: &str) -> Result<Account, ControlError> {
    let account = world.account_by_network_id(None, platform_user_id);
    account.cloned().ok_or_else(|| ControlError::UnknownAccount(platform_user_id.to_owned()))
}

pub(crate) fn person(world: &mut World, name: &str) -> u64 {
    if let Some(known) = world.people.values().find(|p| p.name == name) {
        return known.id;
    }
    let person = Person { id: world.new_account_id(100_000_000_000_000), name: name.to_owned() };
    world.commit(Event::Person(person.clone()));
    person.id
}

/// The texts of an account's working tokens.
pub(crate) struct Secrets {
    pub access: String,
    /// Of the person who manages it, where networks tell the two apart.
    pub user: Option<String>,
    pub refresh: Option<String>,
}

/// Working tokens, issued anew where the old ones ended.
pub(crate) fn credentials(world: &mut World, account: &Account, now: Timestamp, origin: &str) -> SandboxAccount {
    let network = protocols::of(account.platform);
    let app = match network.app() {
        Some(seed) => world.apps.get(seed.client_id).cloned().expect("registered at the start"),
        None => control_app(world, account.platform),
    };
    let Secrets { access, user, refresh } = network.tokens(world, account, &app, now);
    SandboxAccount {
        platform: account.platform,
        platform_user_id: account.network_id(),
        handle: account.handle.clone(),
        name: account.name.clone(),
        profile_url: format!("{origin}{}", account.profile_path()),
        access_token: access,
        user_token: user,
        refresh_token: refresh,
        client_id: app.client_id,
        client_secret: app.client_secret,
    }
}

/// A token without an end of its own: the one that works already, else a new one.
pub(crate) fn lasting_token(world: &mut World, holder: Holder, app: &App, scopes: &[String], now: Timestamp) -> String {
    if let Some(token) = world.token_of(holder, &app.client_id, scopes, now) {
        return token.secret.clone();
    }
    let token = Token {
        secret: String::new(),
        platform: app.platform,
        holder,
        client_id: app.client_id.clone(),
        scopes: scopes.to_vec(),
        issued_at: now,
        expires_at: None,
        ended: None,
        refresh: None,
        refresh_expires_at: None,
    };
    world.issue(token).secret
}

/// The app for which the control makes tokens where clients register themselves.
fn control_app(world: &mut World, platform: Platform) -> App {
    const NAME: &str = "Sandbox control";
    if let Some(app) = world.apps.values().find(|a| a.platform == platform && a.name == NAME) {
        return app.clone();
    }
    let app = App {
        id: 2,
        platform,
        name: NAME.to_owned(),
        website: None,
        client_id: world.new_secret("client id", 32),
        client_secret: world.new_secret("client secret", 32),
        redirect_uris: vec!["urn:ietf:wg:oauth:2.0:oob".to_owned()],
        scopes: ["read", "write"].map(ToOwned::to_owned).to_vec(),
    };
    world.commit(Event::App(app.clone()));
    app
}
