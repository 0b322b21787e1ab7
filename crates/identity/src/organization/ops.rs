//! Founding organizations and changing what they decided.

use rookery_db::OrgTx;
use rookery_governance::audit::{self, Changes, Entry, Origin};
use rookery_kernel::{MembershipId, OrganizationId, Scope, UserId, Zone};
use tracing::instrument;

use super::model::{Belonging, NewOrganization, Organization, Settings, check_name, slug};
use super::store;
use crate::Identity;
use crate::finding::Finding;
use crate::roles::MemberRole;
use crate::user::{self, UserError};

pub(super) const TABLE: &str = "identity.organizations";
pub(super) const MEMBERS: &str = "identity.memberships";

/// An organization was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum OrganizationError {
    /// No such organization, or not for this caller.
    #[error("no such organization: {0}")]
    NotFound(OrganizationId),
    /// The owner-to-be does not exist.
    #[error("no such person: {0}")]
    UnknownOwner(UserId),
    /// Something typed is wrong.
    #[error("not valid: {}", .0.message)]
    Invalid(Finding),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

impl Identity {
    /// Founds an organization; the person becomes its owner.
    ///
    /// # Errors
    /// [`OrganizationError`].
    #[instrument(skip_all, err(level = "debug"), fields(%owner))]
    pub async fn create_organization(
        &self,
        by: &Origin,
        owner: UserId,
        new: NewOrganization,
    ) -> Result<Organization, OrganizationError> {
        let name = check_name(&new.name).map_err(OrganizationError::Invalid)?;
        self.user(owner).await.map_err(|error| match error {
            UserError::Db(error) => OrganizationError::Db(error),
            _ => OrganizationError::UnknownOwner(owner),
        })?;
        let scope = user::scope_of(by, OrganizationId::generate(&*self.ids));
        let mut tx = self.db.org(&scope).await?;
        let organization = found(self, &mut tx, owner, &NewOrganization { name, ..new }, false).await?;
        tx.commit().await?;
        Ok(organization)
    }

    /// The scope's organization.
    ///
    /// # Errors
    /// [`OrganizationError::NotFound`].
    pub async fn organization(&self, scope: &Scope) -> Result<Organization, OrganizationError> {
        let mut tx = self.db.org(scope).await?;
        store::find(&mut tx).await?.ok_or(OrganizationError::NotFound(scope.organization_id))
    }

    /// Inside another context's transaction.
    ///
    /// # Errors
    /// As [`Identity::organization`].
    pub async fn organization_in(&self, tx: &mut OrgTx) -> Result<Organization, OrganizationError> {
        store::find(tx).await?.ok_or(OrganizationError::NotFound(tx.organization_id()))
    }

    /// The organizations a person belongs to, the newest first.
    ///
    /// # Errors
    /// If the database does not answer.
    #[instrument(skip_all, err, fields(%user))]
    pub async fn organizations_of(&self, user: UserId) -> Result<Vec<Belonging>, rookery_db::Error> {
        let mut tx = self.db.system("a person's organizations").await?;
        let ids = store::directory_of(tx.conn(), user).await?;
        drop(tx);
        let mut found = Vec::with_capacity(ids.len());
        // One transaction each: no statement sees two organizations.
        for id in ids {
            let mut tx = self.db.org(&Scope::system(id)).await?;
            found.extend(store::belonging(&mut tx, user).await?);
        }
        Ok(found)
    }

    /// All organizations of the instance, for background work that visits each.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn organization_ids(&self) -> Result<Vec<OrganizationId>, rookery_db::Error> {
        let mut tx = self.db.system("visit every organization").await?;
        store::directory(tx.conn()).await
    }

    /// The organization with this name in addresses.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn find_organization_by_slug(&self, slug: &str) -> Result<Option<OrganizationId>, rookery_db::Error> {
        let mut tx = self.db.system("an organization by slug").await?;
        store::find_slug(tx.conn(), slug).await
    }

    /// Gives it another name; the slug stays, because addresses stay.
    ///
    /// # Errors
    /// [`OrganizationError`].
    pub async fn rename_organization(&self, scope: &Scope, name: &str) -> Result<Organization, OrganizationError> {
        let name = check_name(name).map_err(OrganizationError::Invalid)?;
        self.edit(scope, |o| o.name = name).await
    }

    /// Sets the zone of schedules, weeks and reports. What is scheduled keeps its instant.
    ///
    /// # Errors
    /// [`OrganizationError`].
    pub async fn set_timezone(&self, scope: &Scope, timezone: Zone) -> Result<Organization, OrganizationError> {
        self.edit(scope, |o| o.timezone = timezone).await
    }

    /// From now on posts need an approval.
    ///
    /// # Errors
    /// [`OrganizationError`].
    pub async fn require_review(&self, scope: &Scope) -> Result<Organization, OrganizationError> {
        self.edit(scope, |o| o.review_required = true).await
    }

    /// From now on posts go out without one.
    ///
    /// # Errors
    /// [`OrganizationError`].
    pub async fn waive_review(&self, scope: &Scope) -> Result<Organization, OrganizationError> {
        self.edit(scope, |o| o.review_required = false).await
    }

    /// Sets how late a post may still go out, in hours from 0 to 24.
    ///
    /// # Errors
    /// [`OrganizationError`].
    pub async fn set_late_grace_hours(&self, scope: &Scope, hours: u8) -> Result<Organization, OrganizationError> {
        let max = Settings::LATE_GRACE_HOURS_MAX;
        if hours > max {
            let message = format!("A post may be at most {max} hours late.");
            return Err(OrganizationError::Invalid(Finding::new("lateGraceHours", "out_of_range", message)));
        }
        self.edit(scope, |o| o.settings.late_grace_hours = hours).await
    }

    /// "Stop everything": marks the organization as paused (PUB-45). Pausing twice keeps the first time.
    ///
    /// # Errors
    /// [`OrganizationError`].
    pub async fn pause_publishing(&self, scope: &Scope) -> Result<Organization, OrganizationError> {
        let now = self.clock.now();
        self.edit(scope, |o| o.settings.publishing_paused_at = o.settings.publishing_paused_at.or(Some(now))).await
    }

    /// Takes the mark away; publishing's own operation also sends off what became due meanwhile.
    ///
    /// # Errors
    /// [`OrganizationError`].
    pub async fn resume_publishing(&self, scope: &Scope) -> Result<Organization, OrganizationError> {
        self.edit(scope, |o| o.settings.publishing_paused_at = None).await
    }

    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id))]
    async fn edit(
        &self,
        scope: &Scope,
        change: impl FnOnce(&mut Organization) + Send,
    ) -> Result<Organization, OrganizationError> {
        let mut tx = self.db.org(scope).await?;
        let before = store::lock(&mut tx).await?.ok_or(OrganizationError::NotFound(scope.organization_id))?;
        let mut after = before.clone();
        change(&mut after);
        let changes = before.changes_to(&after);
        if changes.is_empty() {
            return Ok(after);
        }
        store::update(&mut tx, &after, self.clock.now()).await?;
        audit::record(&mut tx, &*self.clock, &[entry("update", after.id, changes)]).await?;
        tx.commit().await?;
        Ok(after)
    }
}

pub(super) fn entry(action: &'static str, id: OrganizationId, changes: Changes) -> Entry<'static> {
    Entry { action, resource: TABLE, resource_id: Some(id.to_string()), changes: changes.into() }
}

/// Founds the organization whose id the transaction already works under, with its owner as the first member.
pub(crate) async fn found(
    identity: &Identity,
    tx: &mut OrgTx,
    owner: UserId,
    new: &NewOrganization,
    is_personal: bool,
) -> Result<Organization, rookery_db::Error> {
    let now = identity.clock.now();
    let id = tx.organization_id();
    let organization = Organization {
        id,
        owner_user_id: owner,
        name: new.name.clone(),
        slug: claim_slug(identity, tx, &new.name).await?,
        is_personal,
        timezone: new.timezone.clone(),
        // A personal organization has nobody else who could approve.
        review_required: !is_personal,
        settings: Settings { late_grace_hours: Settings::LATE_GRACE_HOURS_MAX, publishing_paused_at: None },
        created_at: now,
    };
    store::insert(tx, &organization).await?;
    let membership = MembershipId::generate(&*identity.ids);
    store::insert_member(tx, membership, owner, MemberRole::Owner, None, now).await?;
    let founded = Changes::new()
        .new_value("name", &organization.name)
        .new_value("slug", &organization.slug)
        .new_value("is_personal", is_personal)
        .new_value("timezone", organization.timezone.name())
        .new_value("review_required", organization.review_required)
        .new_value("owner_user_id", owner);
    let joined = Changes::new().new_value("user_id", owner).new_value("role", MemberRole::Owner);
    let joined = Entry {
        action: "insert",
        resource: MEMBERS,
        resource_id: Some(membership.to_string()),
        changes: joined.into(),
    };
    audit::record(tx, &*identity.clock, &[entry("insert", id, founded), joined]).await?;
    Ok(organization)
}

/// The name's slug if it is free, else one that nobody can have.
async fn claim_slug(identity: &Identity, tx: &mut OrgTx, name: &str) -> Result<String, rookery_db::Error> {
    let now = identity.clock.now();
    let plain = slug(name);
    if store::claim_slug(tx, &plain, now).await? {
        return Ok(plain);
    }
    let unique = format!("{plain}-{}", tx.organization_id().uuid().simple());
    store::claim_slug(tx, &unique, now).await?;
    Ok(unique)
}
