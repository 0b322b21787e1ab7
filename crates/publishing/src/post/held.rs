//! A post and its publications under the post's lock: load, change, save. Saving rolls the post
//! up and writes the audit entries, so that no change of a state goes without either.

use rookery_db::{Error, OrgTx};
use rookery_governance::audit;
use rookery_kernel::{Clock, Platform, PostId, PublicationId};
use serde_json::json;

use super::composition::Composition;
use super::model::{Post, PostDetail, Schedule};
use super::store;
use crate::media;
use crate::publication::{self, Publication, PublicationStatus};
use crate::validation::Draft;

/// A locked post.
pub(crate) struct Held {
    pub post: Post,
    pub publications: Vec<Publication>,
    stored_post: Option<Post>,
    stored: Vec<Publication>,
}

impl Held {
    /// Locks a post, or finds none in this organization.
    pub async fn lock(tx: &mut OrgTx, id: PostId) -> Result<Option<Self>, Error> {
        let Some(post) = store::lock(tx, id).await? else { return Ok(None) };
        let publications = publication::store::of_post(tx, id).await?;
        Ok(Some(Self { stored_post: Some(post.clone()), stored: publications.clone(), post, publications }))
    }

    /// Locks the post of a publication.
    pub async fn lock_for(tx: &mut OrgTx, id: PublicationId) -> Result<Option<Self>, Error> {
        match publication::store::find(tx, id).await? {
            Some(found) => Self::lock(tx, found.post_id).await,
            None => Ok(None),
        }
    }

    /// A post that is not stored yet.
    pub fn new(post: Post, publications: Vec<Publication>) -> Self {
        Self { stored_post: None, stored: Vec::new(), post, publications }
    }

    /// One of the publications.
    pub fn publication(&self, id: PublicationId) -> Option<&Publication> {
        self.publications.iter().find(|p| p.id == id)
    }

    /// One of the publications, to change it.
    pub fn publication_mut(&mut self, id: PublicationId) -> Option<&mut Publication> {
        self.publications.iter_mut().find(|p| p.id == id)
    }

    /// Writes what changed since the lock, rolls the post up, audits.
    pub async fn save(&mut self, tx: &mut OrgTx, clock: &dyn Clock) -> Result<(), Error> {
        let now = clock.now();
        self.post.take_over(&self.publications, now);
        let mut entries = Vec::new();
        match &self.stored_post {
            None => {
                store::insert(tx, &self.post).await?;
                publication::store::insert_many(tx, &self.publications).await?;
                entries.push(entry("insert", POSTS, self.post.id.to_string(), None, Some(self.post.status.label())));
                for p in &self.publications {
                    entries.push(entry("insert", PUBLICATIONS, p.id.to_string(), None, Some(p.status.label())));
                }
            }
            Some(stored) => {
                let before = |id| self.stored.iter().find(|s| s.id == id);
                let changed: Vec<_> = self.publications.iter().filter(|p| before(p.id) != Some(*p)).collect();
                if changed.is_empty() {
                    self.post.updated_at = stored.updated_at;
                    return Ok(());
                }
                publication::store::update_many(tx, &changed).await?;
                let retries = self.publications.iter().map(|p| p.attempt_count - 1).max().unwrap_or(0).max(0);
                let last_retry =
                    self.publications.iter().filter(|p| p.attempt_count > 1).filter_map(|p| p.last_attempt_at).max();
                store::write_roll_up(tx, &self.post, retries, last_retry, now).await?;
                for p in &changed {
                    let from = before(p.id).map(|s| s.status);
                    if from != Some(p.status) {
                        let (from, to) = (from.map(PublicationStatus::label), Some(p.status.label()));
                        entries.push(entry("update", PUBLICATIONS, p.id.to_string(), from, to));
                    }
                }
                if stored.status != self.post.status {
                    let (from, to) = (Some(stored.status.label()), Some(self.post.status.label()));
                    entries.push(entry("update", POSTS, self.post.id.to_string(), from, to));
                }
            }
        }
        if !entries.is_empty() {
            audit::record(tx, clock, &entries).await?;
        }
        self.stored_post = Some(self.post.clone());
        self.stored.clone_from(&self.publications);
        Ok(())
    }

    /// Writes posts that an import made, rolled up and audited, with a statement per table.
    pub async fn save_imported(tx: &mut OrgTx, clock: &dyn Clock, all: &mut [Self]) -> Result<(), Error> {
        let now = clock.now();
        let mut entries = Vec::new();
        let mut publications = Vec::new();
        for held in &mut *all {
            held.post.take_over(&held.publications, now);
            entries.push(entry("insert", POSTS, held.post.id.to_string(), None, Some(held.post.status.label())));
            for p in &held.publications {
                entries.push(entry("insert", PUBLICATIONS, p.id.to_string(), None, Some(p.status.label())));
            }
            publications.extend(held.publications.iter().cloned());
        }
        let posts: Vec<&Post> = all.iter().map(|held| &held.post).collect();
        store::insert_imported(tx, &posts).await?;
        publication::store::insert_many(tx, &publications).await?;
        audit::record(tx, clock, &entries).await
    }

    /// What the post is made of besides its text.
    pub async fn composition(&self, tx: &mut OrgTx) -> Result<Composition, Error> {
        let variant = |p: &Publication| {
            let stored = p.content_override.clone()?;
            Some((p.social_account_id, serde_json::from_value(stored).ok()?))
        };
        let networks = Platform::ALL.iter().map(|network| (*network, self.post.options(*network)));
        Ok(Composition {
            format: self.post.format,
            link: self.post.link().map(str::to_owned),
            media: media::uses_of_post(tx, self.post.id).await?,
            follow_ups: self.post.follow_ups(),
            variants: self.publications.iter().filter_map(variant).collect(),
            options: networks.filter(|(_, options)| !options.is_null()).collect(),
            labels: self.post.labels(),
            expires_at: self.post.expires_at,
        })
    }

    /// The post as a draft to check, for the publications that are wanted.
    pub fn draft(&self, composition: &Composition, schedule: Schedule, wanted: fn(&Publication) -> bool) -> Draft {
        Draft {
            content: self.post.content.clone(),
            title: self.post.title.clone(),
            account_ids: self.publications.iter().filter(|p| wanted(p)).map(|p| p.social_account_id).collect(),
            schedule,
            composition: composition.clone(),
            post_id: Some(self.post.id),
        }
    }

    /// Reads the publications anew, after others were chosen.
    pub async fn reload_publications(&mut self, tx: &mut OrgTx) -> Result<(), Error> {
        self.publications = publication::store::of_post(tx, self.post.id).await?;
        self.stored.clone_from(&self.publications);
        Ok(())
    }

    /// What callers get to see.
    pub fn into_detail(self) -> PostDetail {
        PostDetail { post: self.post, publications: self.publications }
    }
}

pub(crate) const POSTS: &str = "publishing.posts";
pub(crate) const PUBLICATIONS: &str = "publishing.post_publications";

pub(crate) fn entry<'a>(
    action: &'a str,
    table: &'a str,
    id: String,
    from: Option<&str>,
    to: Option<&str>,
) -> audit::Entry<'a> {
    audit::Entry { action, resource: table, resource_id: Some(id), changes: json!({"status": [from, to]}) }
}
