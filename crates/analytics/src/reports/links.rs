//! Links for people without an account: each shows one report, lives a while, and can be taken back. The token stands in
//! the address only; here is its digest.

use std::time::Duration;

use rookery_governance::audit::{self, Changes, Entry};
use rookery_kernel::{Actor, ReportLinkId, Scope, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tracing::instrument;
use uuid::Uuid;

use super::model::{Report, ReportError};
use super::store;
use crate::Analytics;
use crate::kpi::Range;

/// A link lives at most this many days.
pub const REPORT_LINK_DAYS_MAX: u16 = 365;
/// Longest name of a recipient.
const NAME_MAX: usize = 200;
const LINKS: &str = "analytics.report_links";
/// Links that are listed.
const LISTED: i64 = 50;

/// A link to a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLink {
    /// Its id.
    pub id: ReportLinkId,
    /// The page group; `None` is the whole organization.
    pub group: Option<Uuid>,
    /// The days of the report.
    pub period: Range,
    /// For whom.
    pub recipient: String,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was first opened.
    pub opened_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Whether a link works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportLinkState {
    /// It does.
    Open,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
}

impl ReportLinkState {
    /// The word in the API.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl ReportLink {
    /// Whether it works at a moment.
    pub fn state(&self, now: Timestamp) -> ReportLinkState {
        if self.revoked_at.is_some() {
            ReportLinkState::Revoked
        } else if self.expires_at <= now {
            ReportLinkState::Expired
        } else {
            ReportLinkState::Open
        }
    }
}

impl Analytics {
    /// Makes a link to a report. The token (64 letters, 256 random bits) is given once.
    ///
    /// # Errors
    /// [`ReportError::Link`]; `Range`; `NotFound` for a group.
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id))]
    pub async fn create_report_link(
        &self,
        scope: &Scope,
        group: Option<Uuid>,
        period: Range,
        recipient: &str,
        days: u16,
    ) -> Result<(ReportLink, SecretString), ReportError> {
        let recipient = recipient.split_whitespace().collect::<Vec<_>>().join(" ");
        if recipient.is_empty() || recipient.chars().count() > NAME_MAX || !(1..=REPORT_LINK_DAYS_MAX).contains(&days) {
            return Err(ReportError::Link);
        }
        let period = Range::new(period.from, period.to)?;
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        if let Some(group) = group {
            store::group_name(&mut tx, group).await?.ok_or(ReportError::NotFound("page group"))?;
        }
        let mut bytes = [0; 32];
        self.ids.fill(&mut bytes);
        let token = SecretString::from(hex::encode(bytes));
        let link = ReportLink {
            id: ReportLinkId::generate(&*self.ids),
            group,
            period,
            recipient,
            expires_at: now + Duration::from_secs(u64::from(days) * 24 * 3600),
            opened_at: None,
            revoked_at: None,
            created_at: now,
        };
        store::insert_link(&mut tx, &link, &digest(&token)).await?;
        let changes = Changes::new()
            .new_value("recipient", &link.recipient)
            .new_value("period_from", link.period.from)
            .new_value("period_to", link.period.to)
            .new_value("expires_at", link.expires_at.to_string());
        let entry = Entry {
            action: "insert",
            resource: LINKS,
            resource_id: Some(link.id.to_string()),
            changes: changes.into(),
        };
        audit::record(&mut tx, &*self.clock, &[entry]).await?;
        tx.commit().await?;
        Ok((link, token))
    }

    /// The newest links.
    ///
    /// # Errors
    /// The database's.
    pub async fn report_links(&self, scope: &Scope) -> Result<Vec<(ReportLink, ReportLinkState)>, ReportError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let links = store::links(&mut tx, LISTED).await?;
        Ok(links.into_iter().map(|link| (link.clone(), link.state(now))).collect())
    }

    /// Takes a link back; its token is forgotten. Asking twice changes nothing.
    ///
    /// # Errors
    /// `NotFound`.
    #[instrument(skip_all, err(level = "debug"), fields(link = %id))]
    pub async fn revoke_report_link(&self, scope: &Scope, id: ReportLinkId) -> Result<ReportLink, ReportError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let mut link = store::link(&mut tx, id).await?.ok_or(ReportError::NotFound("link"))?;
        if store::revoke_link(&mut tx, id, now).await? {
            link.revoked_at = Some(now);
            let changes = Changes::new().new_value("revoked_at", now.to_string()).note("recipient", &link.recipient);
            let entry =
                Entry { action: "update", resource: LINKS, resource_id: Some(id.to_string()), changes: changes.into() };
            audit::record(&mut tx, &*self.clock, &[entry]).await?;
            tx.commit().await?;
        }
        Ok(link)
    }

    /// The report that a token opens. `caller` tells where the request comes from; its organization and actor are not used.
    ///
    /// # Errors
    /// `NotFound` for a token that never was, was taken back, or is over: a stranger learns no more.
    #[instrument(skip_all, err(level = "debug"))]
    pub async fn open_report_link(&self, token: &SecretString, caller: &Scope) -> Result<Report, ReportError> {
        let gone = || ReportError::NotFound("report");
        let now = self.clock.now();
        let mut tx = self.db.system("whose report link this is").await?;
        let found = store::directory(tx.conn(), &digest(token)).await?;
        tx.rollback().await;
        let (organization_id, id) = found.ok_or_else(gone)?;
        let scope = Scope { organization_id, actor: Actor::Guest, ..caller.clone() };
        let mut tx = self.db.org(&scope).await?;
        let link = store::link(&mut tx, id).await?.ok_or_else(gone)?;
        if link.state(now) != ReportLinkState::Open {
            return Err(gone());
        }
        if link.opened_at.is_none() {
            store::note_opened(&mut tx, id, now).await?;
        }
        tx.commit().await?;
        self.report(&scope, link.group, link.period).await
    }
}

/// SHA-256 of a token. It has 256 random bits, so a fast digest is as good as a slow one.
fn digest(token: &SecretString) -> [u8; 32] {
    Sha256::digest(token.expose_secret().as_bytes()).into()
}
