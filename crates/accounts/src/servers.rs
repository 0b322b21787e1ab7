//! Networks of many servers: what an account's own server allows is read when the account is connected or checked, and
//! once a day.

use std::collections::BTreeMap;

use rookery_identity::Identity;
use rookery_jobs::{Job, JobError, Outcome, Registry, RunContext, TimetableEntry, queues};
use rookery_kernel::{OrganizationId, Platform, Scope};
use rookery_platforms::InstanceLimits;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::Accounts;
use crate::account::store;

/// Asks the servers of all organizations' accounts what they allow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadServerLimits {}

impl Job for ReadServerLimits {
    const KIND: &'static str = "accounts.read_server_limits";
    const QUEUE: &'static str = queues::SYSTEM;

    fn dedupe_key(&self) -> Option<String> {
        Some("read-server-limits".to_owned())
    }
}

/// What servers answered in this run, so that each is asked once however many accounts it has.
type Answers = BTreeMap<(Platform, String), Option<InstanceLimits>>;

impl Accounts {
    pub(crate) fn register_server_limits(&self, registry: Registry, identity: &Identity) -> Registry {
        let (accounts, identity) = (self.clone(), identity.clone());
        registry
            .on(move |_: ReadServerLimits, _: RunContext| {
                let (accounts, identity) = (accounts.clone(), identity.clone());
                async move {
                    let mut answers = Answers::new();
                    for organization in identity.organization_ids().await? {
                        accounts.read_limits_of(organization, &mut answers).await.map_err(JobError::transient)?;
                    }
                    Ok(Outcome::Done)
                }
            })
            .every(TimetableEntry::new("accounts.read_server_limits", "40 3 * * *", &ReadServerLimits {}))
    }

    /// What a server allows, where the network has many; `None` if it has one, or the server does not tell: what was
    /// known of it holds on.
    pub(crate) async fn server_limits(&self, platform: Platform, server: &Url) -> Option<InstanceLimits> {
        let connector = self.connectors.get(platform)?;
        connector.instance_limits(server).await.unwrap_or_else(|error| {
            tracing::warn!(%platform, %server, %error, "a server does not tell what it allows");
            None
        })
    }

    async fn read_limits_of(
        &self,
        organization: OrganizationId,
        answers: &mut Answers,
    ) -> Result<(), rookery_db::Error> {
        let scope = Scope::worker(organization);
        let mut tx = self.db.org(&scope).await?;
        let accounts = store::active(&mut tx).await?;
        // Nobody's row waits for a server's answer.
        drop(tx);
        let mut read = Vec::new();
        for account in accounts {
            let Ok(server) = self.base_url(account.platform, account.base_url.as_ref()) else { continue };
            let place = (account.platform, server.to_string());
            let told = if let Some(told) = answers.get(&place) {
                *told
            } else {
                let told = self.server_limits(account.platform, &server).await;
                answers.insert(place, told);
                told
            };
            read.extend(told.map(|limits| (account.id, limits)));
        }
        if !read.is_empty() {
            let mut tx = self.db.org(&scope).await?;
            store::write_server_limits(&mut tx, &read, self.clock.now()).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
