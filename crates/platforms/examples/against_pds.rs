//! Runs the Bluesky connector against a real server of the AT Protocol, step by step; see `bin/test-pds`:
//!
//! ```text
//! cargo run -p rookery-platforms --example against_pds -- http://localhost:2583 harbour.test abcd-efgh-ijkl-mnop
//! ```
//!
//! What it publishes it deletes again. The exit code is 1 if a step failed, 2 if the arguments are wrong.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use rookery_kernel::{Clock as _, SystemClock, Timestamp};
use rookery_platforms::{
    Access, Bluesky, Connector as _, Draft, ErrorType, Found, HttpClient, HttpConfig, Media, MediaKind, Prepared,
    Published, ReplyTo, Search,
};
use serde_json::Value;
use url::Url;

/// A picture of one pixel.
const PICTURE: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// The server's clock may be a little behind ours.
const SLACK: Duration = Duration::from_secs(300);

struct Run {
    bluesky: Bluesky,
    access: Access,
    started: Timestamp,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [server, handle, password] = &args[..] else {
        eprintln!("usage: against_pds SERVER HANDLE APP_PASSWORD");
        return Ok(ExitCode::from(2));
    };
    let base_url: Url = server.parse()?;
    let bluesky = Bluesky::new(HttpClient::new(HttpConfig::local(), Arc::new(SystemClock))?);
    println!("Bluesky at {base_url}, {}\n", bluesky.source_version());
    match steps(bluesky, base_url, handle, password).await {
        Ok(()) => {
            println!("\nall steps passed");
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            println!("FAILED  {error:#}");
            Ok(ExitCode::FAILURE)
        }
    }
}

fn passed(what: &str, note: &str) {
    println!("{what:34} passed  {note}");
}

async fn steps(bluesky: Bluesky, base_url: Url, handle: &str, password: &str) -> anyhow::Result<()> {
    let started = SystemClock.now();
    match bluesky.sign_in(&base_url, handle, &"wrong-wrong-wrong".into()).await {
        Err(error) if error.kind == ErrorType::TokenExpired => passed("wrong password", &error.message),
        other => bail!("a wrong password was answered with {other:?}"),
    }
    let (tokens, profile) = bluesky.sign_in(&base_url, handle, &password.into()).await.context("sign in")?;
    ensure!(tokens.refresh.is_some() && tokens.expires_in.is_some(), "a session without refresh token or end");
    passed("sign in", &format!("{} is {}", profile.username, profile.id));
    let access = Access {
        base_url,
        platform_user_id: profile.id,
        token: tokens.access,
        refresh_token: tokens.refresh,
        app: None,
        metadata: profile.metadata,
    };
    let mut run = Run { bluesky, access, started };
    run.renew().await.context("renew")?;
    let draft = run.draft("1");
    let first = run.publish_twice(&draft).await.context("publish")?;
    let answer = run.reply(&first).await.context("reply")?;
    let picture = run.picture().await.context("image")?;
    run.list(&first, &answer, &picture).await.context("list")?;
    run.refusals().await.context("refusals")?;
    for post in [&picture, &answer, &first] {
        run.delete(post).await.context("delete")?;
    }
    passed("delete", "three posts gone, each told as not found afterwards");
    run.end().await.context("end of the session")
}

impl Run {
    /// A key that no earlier run has left behind, of the form that publications have.
    fn draft(&self, number: &str) -> Draft {
        let millis = format!("{:012x}", self.started.as_millis());
        let key = format!("pub:{}-{}-7000-8000-00000000000{number}:account:0", &millis[..8], &millis[8..]);
        Draft::of_text(key, "Bread & coffee 👩\u{200d}🍳 at https://example.com/menu?day=1 for @harbour.test #Größe")
    }

    async fn renew(&mut self) -> anyhow::Result<()> {
        let old = self.access.clone();
        let tokens = self.bluesky.refresh(&old).await?;
        self.access.token = tokens.access;
        self.access.refresh_token = Some(tokens.refresh.context("no new refresh token")?);
        let shown = self.bluesky.check(&self.access).await?;
        ensure!(shown.id == old.platform_user_id, "another account: {}", shown.id);
        passed("renew, check", "both tokens are new and work");
        Ok(())
    }

    async fn send(&self, draft: &Draft) -> anyhow::Result<Published> {
        let Prepared::Ready(handles) = self.bluesky.prepare(&self.access, draft, &Value::Null).await? else {
            bail!("the server has nothing to work on")
        };
        let sent = self.bluesky.publish(&self.access, draft, &handles).await?;
        sent.published().context("the id is told at once")
    }

    async fn publish_twice(&self, draft: &Draft) -> anyhow::Result<Published> {
        let search = Search::of(draft.clone(), self.started - SLACK);
        let before = self.bluesky.look_up(&self.access, &search).await?;
        ensure!(before == Found::Absent, "{before:?} before anything was sent");
        passed("look up what was never sent", "absent");
        let first = self.send(draft).await?;
        let again = self.send(draft).await?;
        ensure!(first.external_id == again.external_id, "{} and {}", first.external_id, again.external_id);
        let count = self.bluesky.all_content(&self.access, self.started - SLACK, 20).await?.len();
        ensure!(count == 1, "{count} records after two calls");
        passed("publish twice with the same key", &format!("one record: {}", first.external_id));
        match self.bluesky.look_up(&self.access, &search).await? {
            Found::Post(found) if found.external_id == first.external_id => passed("look up what was sent", "found"),
            other => bail!("{other:?} instead of {}", first.external_id),
        }
        Ok(first)
    }

    async fn reply(&self, to: &Published) -> anyhow::Result<Published> {
        let reply_to = ReplyTo { external_id: to.external_id.clone(), root_id: to.external_id.clone() };
        let answer = Draft { reply_to: Some(reply_to), text: "And tea".to_owned(), ..self.draft("2") };
        let out = self.send(&answer).await?;
        passed("reply", &out.external_id);
        Ok(out)
    }

    async fn picture(&self) -> anyhow::Result<Published> {
        let picture = Media::of_bytes(MediaKind::Gif, "image/gif", "dot.gif", Bytes::from_static(PICTURE));
        let picture = Media { alt_text: Some("A dot".into()), width: Some(1), height: Some(1), ..picture };
        let draft = Draft { media: vec![picture.clone(), picture], text: "Two dots".to_owned(), ..self.draft("3") };
        let out = self.send(&draft).await?;
        passed("two images", &out.external_id);
        Ok(out)
    }

    async fn list(&self, first: &Published, answer: &Published, picture: &Published) -> anyhow::Result<()> {
        let items = self.bluesky.all_content(&self.access, self.started - SLACK, 20).await?;
        let of = |post: &Published| items.iter().find(|i| i.external_id == post.external_id);
        let item = of(first).context("the first post is not listed")?;
        ensure!(item.hashtags == ["größe"], "its hashtags are {:?}", item.hashtags);
        let facets = item.raw["record"]["facets"].as_array().context("no facets")?;
        let text = item.caption.as_deref().unwrap_or_default();
        let marked: Vec<&str> = facets
            .iter()
            .filter_map(|f| {
                let at = |name: &str| f["index"][name].as_u64().and_then(|n| usize::try_from(n).ok());
                text.get(at("byteStart")?..at("byteEnd")?)
            })
            .collect();
        ensure!(marked == ["https://example.com/menu?day=1", "@harbour.test", "#Größe"], "marked is {marked:?}");
        ensure!(of(answer).is_none(), "an answer is listed as a post");
        let shown = of(picture).with_context(|| format!("the images are not listed: {items:#?}"))?;
        ensure!(shown.format.label() == "carousel", "the images are listed as {}: {}", shown.format.label(), shown.raw);
        passed("list", &format!("{} posts; link, mention and hashtag at their bytes", items.len()));
        Ok(())
    }

    async fn refusals(&self) -> anyhow::Result<()> {
        let long = Draft { text: "a".repeat(301), ..self.draft("4") };
        match self.send(&long).await.map_err(anyhow::Error::downcast::<rookery_platforms::CallError>) {
            Err(Ok(error)) if error.kind == ErrorType::BadRequest && !error.is_doubtful() => {
                passed("301 characters are refused", &error.message);
            }
            other => bail!("301 characters were answered with {other:?}"),
        }
        let stranger = Access { token: "no-such-token".into(), ..self.access.clone() };
        match self.bluesky.check(&stranger).await {
            Err(error) if error.kind == ErrorType::TokenExpired => passed("wrong token", &error.message),
            other => bail!("a wrong token was answered with {other:?}"),
        }
        Ok(())
    }

    async fn delete(&self, post: &Published) -> anyhow::Result<()> {
        self.bluesky.delete(&self.access, &post.external_id).await?;
        match self.bluesky.delete(&self.access, &post.external_id).await {
            Err(error) if error.kind == ErrorType::NotFound => Ok(()),
            other => bail!("deleting again was answered with {other:?}"),
        }
    }

    async fn end(&self) -> anyhow::Result<()> {
        self.bluesky.revoke(&self.access).await?;
        match self.bluesky.refresh(&self.access).await {
            Err(error) if error.kind == ErrorType::TokenExpired => {
                passed("end the session", &error.message);
                Ok(())
            }
            other => bail!("an ended session was renewed: {other:?}"),
        }
    }
}
