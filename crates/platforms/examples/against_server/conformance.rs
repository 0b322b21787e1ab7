//! The steps: what every connector must be able to do, in the order of a post's life.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rookery_kernel::Timestamp;
use rookery_platforms::{
    Access, AuthorizeRequest, Connector, Draft, ErrorType, ExchangeRequest, Found, Profile, Published, RegisterRequest,
    Search, Sent,
};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

/// What became of a step.
pub enum Outcome {
    Passed(String),
    NotOffered(String),
    Failed(String),
}

/// A step that was taken.
pub struct Step {
    pub what: &'static str,
    pub outcome: Outcome,
}

/// The run against one server.
pub struct Conformance {
    connector: Arc<dyn Connector>,
    base_url: Url,
    token: SecretString,
    started: Timestamp,
    pub steps: Vec<Step>,
}

/// Clocks of two machines differ, and networks cut times to the second.
const SLACK: Duration = Duration::from_secs(120);

impl Conformance {
    pub fn new(connector: Arc<dyn Connector>, base_url: Url, token: SecretString, started: Timestamp) -> Self {
        Self { connector, base_url, token, started, steps: Vec::new() }
    }

    /// Takes all steps. One that needs what an earlier one failed to bring is not taken.
    pub async fn all(&mut self, sign_in_as: Option<&str>) {
        if let Some(user) = sign_in_as {
            let token = self.sign_in(user).await;
            if let Some(token) = self.note("sign in", token, |_| "registered, consented, code exchanged".to_owned()) {
                self.token = token;
            }
        }
        let profiles = self.profile().await;
        let Some(profile) = self.note("verify credentials", profiles, |p| format!("@{} (id {})", p.username, p.id))
        else {
            return;
        };
        let wrong = self.wrong_token(&profile).await;
        self.note("a wrong token is refused as such", wrong, Clone::clone);
        let limits = self.connector.instance_limits(&self.base_url).await;
        let limits = limits.map(|l| l.map(|l| format!("{} characters, {} media", l.characters_max, l.media_max)));
        match limits {
            Ok(None) => {
                let outcome = Outcome::NotOffered("the same for every account".to_owned());
                self.steps.push(Step { what: "limits", outcome });
            }
            told => drop(self.note("limits", told.map_err(Into::into), |l| l.clone().unwrap_or_default())),
        }

        let access = self.access(&profile);
        let draft = self.draft();
        let before = self.look_up(&access, &draft).await.and_then(|found| match found {
            Found::Absent => Ok(()),
            other => bail!("{other:?} before anything was published"),
        });
        self.note("look up what was never sent", before, |()| "absent".to_owned());
        let published = self.connector.publish(&access, &draft, &Value::Null).await.map_err(Into::into);
        let published = published.and_then(|sent| sent.published().context("the id is told later"));
        let Some(post) = self.note("publish", published, |p| format!("{p:?}")) else { return };
        let again = self.publish_again(&access, &draft, &post).await;
        self.steps.push(Step { what: "publish again with the same key", outcome: again });
        let found = self.look_up(&access, &draft).await.and_then(|found| match found {
            Found::Post(found) if found.external_id == post.external_id => Ok(()),
            other => bail!("{other:?} instead of {}", post.external_id),
        });
        self.note("look up what was sent", found, |()| format!("found {}", post.external_id));
        let listed = self.list(&access, &draft, &post).await;
        self.note("list content", listed, |count| format!("{count} items, the post once among them"));
        let numbers = self.numbers(&access, &post).await;
        self.note("read metrics", numbers, Clone::clone);
        let account = self.account_numbers(&access).await;
        self.note("read account metrics", account, Clone::clone);
        let deleted = self.delete(&access, &post).await;
        self.note("delete", deleted, |()| "gone, and told as not found afterwards".to_owned());
    }

    /// Notes what became of a step and hands on what it brought.
    fn note<T>(&mut self, what: &'static str, result: anyhow::Result<T>, say: impl FnOnce(&T) -> String) -> Option<T> {
        let (outcome, value) = match result {
            Ok(value) => (Outcome::Passed(say(&value)), Some(value)),
            Err(error) => (Outcome::Failed(format!("{error:#}")), None),
        };
        self.steps.push(Step { what, outcome });
        value
    }

    fn access(&self, profile: &Profile) -> Access {
        Access {
            base_url: self.base_url.clone(),
            platform_user_id: profile.id.clone(),
            token: profile.token.clone().unwrap_or_else(|| self.token.clone()),
            refresh_token: None,
            app: None,
            metadata: Value::Null,
        }
    }

    /// A text that no earlier run has left behind, with what networks like to rewrite.
    fn draft(&self) -> Draft {
        let stamp = self.started.as_millis();
        Draft {
            text: format!(
                "Rookery conformance {stamp}\r\n\r\nbread & coffee <3, \"quoted\", it's 👩\u{200d}🍳 #Größe\u{a0}!"
            ),
            link: Some("https://example.com/menu?day=monday&lang=de".to_owned()),
            idempotency_key: format!("pub:conformance:{stamp}:1"),
            ..Draft::default()
        }
    }

    async fn sign_in(&self, user: &str) -> anyhow::Result<SecretString> {
        let redirect_uri = "urn:ietf:wg:oauth:2.0:oob".to_owned();
        let app = self
            .connector
            .register_app(&RegisterRequest {
                base_url: self.base_url.clone(),
                client_name: "Rookery".to_owned(),
                redirect_uri: redirect_uri.clone(),
                website: None,
                scopes: Vec::new(),
            })
            .await
            .context("register")?
            .context("this network registers apps by hand")?;
        let verifier = SecretString::from("a-verifier-of-forty-three-characters-at-least");
        let consent = self.connector.authorize_url(&AuthorizeRequest {
            base_url: self.base_url.clone(),
            app: app.clone(),
            redirect_uri: redirect_uri.clone(),
            state: "conformance".to_owned(),
            code_verifier: Some(verifier.clone()),
            scopes: Vec::new(),
        })?;
        let code = conclude_consent(consent, user).await.context("consent")?;
        let request = ExchangeRequest {
            base_url: self.base_url.clone(),
            app,
            redirect_uri,
            code: code.into(),
            code_verifier: Some(verifier),
        };
        Ok(self.connector.exchange_code(&request).await.context("exchange")?.access)
    }

    async fn profile(&self) -> anyhow::Result<Profile> {
        let profiles = self.connector.profiles(&self.base_url, &self.token, None).await?;
        profiles.into_iter().next().context("the token opens no account")
    }

    async fn wrong_token(&self, profile: &Profile) -> anyhow::Result<String> {
        let access = Access { token: "no-such-token".into(), ..self.access(profile) };
        match self.connector.check(&access).await {
            Err(error) if error.kind == ErrorType::TokenExpired => Ok(format!("{}: {error}", error.kind)),
            Err(error) => bail!("refused as {}: {error}", error.kind),
            Ok(_) => bail!("the server took it"),
        }
    }

    async fn look_up(&self, access: &Access, draft: &Draft) -> anyhow::Result<Found> {
        let search = Search::of(draft.clone(), self.started - SLACK);
        Ok(self.connector.look_up(access, &search).await?)
    }

    async fn publish_again(&self, access: &Access, draft: &Draft, first: &Published) -> Outcome {
        if !self.connector.capabilities().accepts_idempotency_key {
            return Outcome::NotOffered("the network has no such key; look-up covers it".to_owned());
        }
        match self.connector.publish(access, draft, &Value::Null).await.map(Sent::published) {
            Ok(None) => Outcome::Failed("the id is told later".to_owned()),
            Ok(Some(again)) if again.external_id == first.external_id => {
                Outcome::Passed("the same post came back".to_owned())
            }
            Ok(Some(again)) => {
                // The server is another than it says; the second post must not stay behind.
                let cleaned = self.connector.delete(access, &again.external_id).await.is_ok();
                let end = if cleaned { "deleted again" } else { "and it could not be deleted" };
                Outcome::NotOffered(format!("a second post was made ({end}); look-up covers it"))
            }
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    async fn list(&self, access: &Access, draft: &Draft, post: &Published) -> anyhow::Result<usize> {
        let items = self.connector.all_content(access, self.started - SLACK, 20).await?;
        let ours: Vec<_> = items.iter().filter(|i| i.external_id == post.external_id).collect();
        ensure!(ours.len() == 1, "the post is listed {} times", ours.len());
        let caption = ours[0].caption.as_deref().unwrap_or_default();
        let first_line = draft.text.lines().next().unwrap_or_default();
        ensure!(caption.starts_with(first_line), "its text came back as {caption:?}");
        ensure!(ours[0].hashtags == ["größe"], "its hashtags came back as {:?}", ours[0].hashtags);
        Ok(items.len())
    }

    async fn numbers(&self, access: &Access, post: &Published) -> anyhow::Result<String> {
        // The id next to ours exists nowhere: one missing item must not spoil the batch.
        let ids = [post.external_id.clone(), "1".to_owned()];
        let batch = self.connector.content_metrics(access, &ids, self.started.date_utc()).await?;
        let row = batch.rows.iter().find(|r| r.external_id == post.external_id).context("no row for the post")?;
        ensure!(row.reactions == Some(0) && row.comments == Some(0), "a new post has {row:?}");
        ensure!(row.reach.is_none() || row.reach >= Some(0), "reach {:?}", row.reach);
        let missing = batch.failures.iter().find(|f| f.external_id == "1").context("the missing item was not told")?;
        ensure!(missing.error.kind == ErrorType::NotFound, "the missing item is {}", missing.error.kind);
        Ok("0 reactions, 0 comments; a missing item fails alone".to_owned())
    }

    async fn account_numbers(&self, access: &Access) -> anyhow::Result<String> {
        let today = self.started.date_utc();
        let days = self.connector.account_metrics(access, today.plus_days(-1), today).await?;
        let last = days.last().context("no day at all")?;
        let followers = last.followers.context("followers are not told")?;
        Ok(format!("{}: {followers} followers, {:?} posts", last.date, last.posts_count))
    }

    async fn delete(&self, access: &Access, post: &Published) -> anyhow::Result<()> {
        self.connector.delete(access, &post.external_id).await?;
        match self.connector.delete(access, &post.external_id).await {
            Err(error) if error.kind == ErrorType::NotFound => Ok(()),
            Err(error) => bail!("deleting again: {}: {error}", error.kind),
            Ok(()) => bail!("it could be deleted twice"),
        }
    }
}

/// Fills in a consent page that asks for nothing but a name, and reads the code from the answer.
async fn conclude_consent(consent: Url, user: &str) -> anyhow::Result<String> {
    let client = reqwest::Client::builder().build()?;
    client.get(consent.clone()).send().await?.error_for_status().context("the consent page")?;
    let mut form: Vec<(String, String)> = consent.query_pairs().into_owned().collect();
    form.push(("username".to_owned(), user.to_owned()));
    let mut target = consent;
    target.set_query(None);
    let page = client.post(target).form(&form).send().await?.error_for_status()?.text().await?;
    let (_, code) = page.split_once("code: ").context("the answer shows no code")?;
    Ok(code.split('<').next().unwrap_or_default().trim().to_owned())
}
