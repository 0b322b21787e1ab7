//! Working tokens for accounts, issued anew where the old ones ended.

use rookery_kernel::{Platform, Timestamp};

use crate::facebook::{self, FACEBOOK_APP_ID};
use crate::views::{ControlError, SandboxAccount};
use crate::world::{Account, App, Event, Holder, Person, Token, World};

pub(crate) fn find(world: &World, platform_user_id: &str) -> Result<Account, ControlError> {
    let account = platform_user_id.parse().ok().and_then(|id: u64| world.accounts.get(&id));
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

/// Working tokens, issued anew where the old ones ended.
pub(crate) fn credentials(world: &mut World, account: &Account, now: Timestamp, origin: &str) -> SandboxAccount {
    let (access_token, user_token, app) = if account.platform == Platform::Facebook {
        let scopes = facebook::SCOPES.map(ToOwned::to_owned);
        let app = world.apps.get(FACEBOOK_APP_ID).cloned().expect("registered at the start");
        let user = token(world, Holder::Person(account.owner), &app, &scopes, now);
        (facebook::page_token(world, account.id, FACEBOOK_APP_ID, &scopes, now), Some(user), app)
    } else {
        let app = mastodon_app(world);
        (token(world, Holder::Account(account.id), &app, &app.scopes, now), None, app)
    };
    SandboxAccount {
        platform: account.platform,
        platform_user_id: account.id.to_string(),
        handle: account.handle.clone(),
        name: account.name.clone(),
        profile_url: format!("{origin}{}", account.profile_path()),
        access_token,
        user_token,
        client_id: app.client_id,
        client_secret: app.client_secret,
    }
}

fn token(world: &mut World, holder: Holder, app: &App, scopes: &[String], now: Timestamp) -> String {
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
    };
    world.issue(token).secret
}

/// The app for which the control makes Mastodon's tokens.
fn mastodon_app(world: &mut World) -> App {
    const NAME: &str = "Sandbox control";
    if let Some(app) = world.apps.values().find(|a| a.platform == Platform::Mastodon && a.name == NAME) {
        return app.clone();
    }
    let app = App {
        id: 2,
        platform: Platform::Mastodon,
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
