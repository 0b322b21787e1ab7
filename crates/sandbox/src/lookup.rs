//! How things are found by the ids that networks give them, and the other way round.

use rookery_kernel::{Platform, Timestamp};

use crate::container::Container;
use crate::protocols;
use crate::world::{Account, Post, Token, World};

impl World {
    /// The account with this id of the network (our number, or its native id).
    pub fn account_by_network_id(&self, platform: Option<Platform>, id: &str) -> Option<&Account> {
        let fits = |a: &&Account| platform.is_none_or(|p| p == a.platform);
        let by_native = self.accounts.values().filter(fits).find(|a| a.native_id.as_deref() == Some(id));
        by_native.or_else(|| self.accounts.get(&id.parse().ok()?).filter(fits))
    }

    /// Our number of the post that the network calls so, deleted ones too: a native id, a number, or
    /// a number behind the account's (`account_post`).
    pub fn post_number(&self, platform: Platform, external_id: &str) -> Option<u64> {
        let native = self.native_posts.get(&(platform, external_id.to_owned())).copied();
        native.or_else(|| {
            let id = external_id.rsplit('_').next()?.parse().ok()?;
            let post = self.posts.get(&id)?;
            self.accounts.get(&post.account).filter(|a| a.platform == platform).map(|_| id)
        })
    }

    /// A post by its native id, if it exists at that time.
    pub fn post_by_native(&self, platform: Platform, native_id: &str, now: Timestamp) -> Option<&Post> {
        self.post(*self.native_posts.get(&(platform, native_id.to_owned()))?, now)
    }

    /// The answers to a post that exist at that time, oldest first.
    pub fn replies_to(&self, post: u64, now: Timestamp) -> impl DoubleEndedIterator<Item = &Post> {
        self.posts.values().filter(move |p| p.reply_to == Some(post) && p.is_visible(now))
    }

    /// A container with the state it has at that time.
    pub fn container(&self, platform: Platform, id: &str, now: Timestamp) -> Option<Container> {
        let found = self.drafts.get(id).filter(|c| c.platform == platform)?;
        Some(Container { state: found.state_at(now), ..found.clone() })
    }

    /// The newest token that came with this refresh token.
    pub fn by_refresh(&self, refresh: &str) -> Option<&Token> {
        self.tokens.get(self.refreshes.get(refresh)?)
    }
}

impl Account {
    /// The account's id as the network writes it.
    pub fn network_id(&self) -> String {
        self.native_id.clone().unwrap_or_else(|| self.id.to_string())
    }

    /// A post's id as the network writes it.
    pub fn external_id(&self, post: &Post) -> String {
        protocols::of(self.platform).external_id(self, post)
    }

    /// Path of the account's public page.
    pub fn profile_path(&self) -> String {
        protocols::of(self.platform).profile_path(self)
    }

    /// Path of a post's public page.
    pub fn permalink_path(&self, post: &Post) -> String {
        protocols::of(self.platform).permalink_path(self, post)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Event;
    use serde_json::json;

    #[test]
    fn native_ids_find_posts_and_accounts() {
        let mut world = World::new(7, None, Vec::new());
        let now = Timestamp::from_secs(1_000);
        let account: Account = serde_json::from_value(json!({
            "id": 9, "platform": "mastodon", "handle": "a", "name": "A", "bio": "", "category": "", "zone": "UTC",
            "followers": 1, "reach_rate": 0.25, "created_at": now, "owner": 1, "native_id": "did:plc:abc"
        }))
        .expect("an account");
        world.commit(Event::Account(account));
        let mut post = Post::new(world.new_post_id(now), 9, "Hello", now);
        post.native_id = Some("at://did:plc:abc/app/1".to_owned());
        let id = post.id;
        world.commit(Event::Post(post));
        let mut reply = Post::new(world.new_post_id(now), 9, "Hello back", now);
        reply.reply_to = Some(id);
        world.commit(Event::Post(reply.clone()));
        assert_eq!(world.post_by_native(Platform::Mastodon, "at://did:plc:abc/app/1", now).map(|p| p.id), Some(id));
        assert_eq!(world.post_by_native(Platform::Facebook, "at://did:plc:abc/app/1", now), None);
        assert_eq!(world.post_number(Platform::Mastodon, "at://did:plc:abc/app/1"), Some(id));
        assert_eq!(world.post_number(Platform::Mastodon, &reply.id.to_string()), Some(reply.id));
        assert_eq!(world.post_number(Platform::Facebook, &reply.id.to_string()), None);
        assert_eq!(world.replies_to(id, now).map(|p| p.id).collect::<Vec<_>>(), [reply.id]);
        let account = world.account_by_network_id(None, "did:plc:abc").expect("by its native id");
        assert_eq!(account.external_id(&world.posts[&id]), "at://did:plc:abc/app/1");
        assert_eq!(world.account_by_network_id(Some(Platform::Facebook), "did:plc:abc"), None);
    }

    #[test]
    fn a_post_of_an_older_journal_is_read() {
        let old = json!({
            "event": "post", "id": 1, "account": 2, "text": "Hello", "format": "text",
            "created_at": "2026-03-02T09:00:00Z", "visibility": "public"
        });
        let Ok(Event::Post(post)) = serde_json::from_value::<Event>(old) else { panic!("a post") };
        assert_eq!(post, Post::new(1, 2, "Hello", post.created_at));
        let written = serde_json::to_value(&post).expect("plain");
        assert!(written.get("native_id").is_none() && written.get("media").is_none() && written.get("extra").is_none());
    }
}
