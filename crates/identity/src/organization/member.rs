//! Who belongs to an organization.

use rookery_governance::audit::{self, Changes, Entry};
use rookery_kernel::{MembershipId, Scope, Timestamp, UserId};
use tracing::instrument;

use super::ops::{MEMBERS, entry};
use super::store;
use crate::Identity;
use crate::roles::MemberRole;
use crate::user;

/// A person in an organization.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The membership.
    pub id: MembershipId,
    /// The person.
    pub user_id: UserId,
    /// Full name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Picture.
    pub avatar_url: Option<String>,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Role here.
    pub role: MemberRole,
    /// Since when they belong.
    pub joined_at: Timestamp,
}

/// The members were not changed.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// Not a member of this organization.
    #[error("no such member: {0}")]
    NotFound(UserId),
    /// No such person on this instance.
    #[error("no such person: {0}")]
    UnknownUser(UserId),
    /// They belong to it already.
    #[error("already a member: {0}")]
    AlreadyMember(UserId),
    /// The role of the owner is not given, taken or left, only transferred.
    #[error("the owner's place changes by a transfer only")]
    OwnerStays,
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

impl Identity {
    /// Everybody in the organization, by name.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn members(&self, scope: &Scope) -> Result<Vec<Member>, rookery_db::Error> {
        let mut tx = self.db.org(scope).await?;
        store::members(&mut tx).await
    }

    /// Takes a person into the organization.
    ///
    /// # Errors
    /// [`MemberError`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id, %user))]
    pub async fn add_member(&self, scope: &Scope, user: UserId, role: MemberRole) -> Result<Member, MemberError> {
        if role == MemberRole::Owner {
            return Err(MemberError::OwnerStays);
        }
        let now = self.clock.now();
        let id = MembershipId::generate(&*self.ids);
        let mut tx = self.db.org(scope).await?;
        user::store::find(tx.conn(), user).await?.ok_or(MemberError::UnknownUser(user))?;
        store::insert_member(&mut tx, id, user, role, scope.actor.user_id(), now).await.map_err(|error| match error
            .constraint()
        {
            Some("memberships_user_key") => MemberError::AlreadyMember(user),
            _ => MemberError::Db(error),
        })?;
        let changes = Changes::new().new_value("user_id", user).new_value("role", role);
        audit::record(&mut tx, &*self.clock, &[membership("insert", id, changes)]).await?;
        let member = store::lock_member(&mut tx, user).await?.ok_or(MemberError::NotFound(user))?;
        tx.commit().await?;
        Ok(member)
    }

    /// Gives a member another role.
    ///
    /// # Errors
    /// [`MemberError`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id, %user))]
    pub async fn change_role(&self, scope: &Scope, user: UserId, role: MemberRole) -> Result<Member, MemberError> {
        let mut tx = self.db.org(scope).await?;
        let member = store::lock_member(&mut tx, user).await?.ok_or(MemberError::NotFound(user))?;
        if member.role == role {
            return Ok(member);
        }
        if member.role == MemberRole::Owner || role == MemberRole::Owner {
            return Err(MemberError::OwnerStays);
        }
        store::write_role(&mut tx, user, role, self.clock.now()).await?;
        let changes = Changes::new().note("user_id", user).set("role", member.role, role);
        audit::record(&mut tx, &*self.clock, &[membership("update", member.id, changes)]).await?;
        tx.commit().await?;
        Ok(Member { role, ..member })
    }

    /// Takes a member out. What they wrote stays; their sessions look elsewhere from the next request on.
    ///
    /// # Errors
    /// [`MemberError`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id, %user))]
    pub async fn remove_member(&self, scope: &Scope, user: UserId) -> Result<(), MemberError> {
        let mut tx = self.db.org(scope).await?;
        let member = store::lock_member(&mut tx, user).await?.ok_or(MemberError::NotFound(user))?;
        if member.role == MemberRole::Owner {
            return Err(MemberError::OwnerStays);
        }
        store::delete_member(&mut tx, user, self.clock.now()).await?;
        let changes = Changes::new().set("user_id", user, None::<UserId>).set("role", member.role, None::<MemberRole>);
        audit::record(&mut tx, &*self.clock, &[membership("delete", member.id, changes)]).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Makes another member the owner; the old owner becomes an admin.
    ///
    /// # Errors
    /// [`MemberError`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id, %to))]
    pub async fn transfer_ownership(&self, scope: &Scope, to: UserId) -> Result<(), MemberError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        // The organization's row first, so that two transfers follow each other.
        let before = store::lock(&mut tx).await?.ok_or(MemberError::NotFound(to))?;
        let heir = store::lock_member(&mut tx, to).await?.ok_or(MemberError::NotFound(to))?;
        let from = before.owner_user_id;
        if from == to {
            return Ok(());
        }
        let owner = store::lock_member(&mut tx, from).await?.ok_or(MemberError::NotFound(from))?;
        store::write_role(&mut tx, from, MemberRole::Admin, now).await?;
        store::write_role(&mut tx, to, MemberRole::Owner, now).await?;
        let mut after = before.clone();
        after.owner_user_id = to;
        store::update(&mut tx, &after, now).await?;
        let left = Changes::new().note("user_id", from).set("role", owner.role, MemberRole::Admin);
        let took = Changes::new().note("user_id", to).set("role", heir.role, MemberRole::Owner);
        let entries = [
            entry("update", after.id, before.changes_to(&after)),
            membership("update", owner.id, left),
            membership("update", heir.id, took),
        ];
        audit::record(&mut tx, &*self.clock, &entries).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn membership(action: &'static str, id: MembershipId, changes: Changes) -> Entry<'static> {
    Entry { action, resource: MEMBERS, resource_id: Some(id.to_string()), changes: changes.into() }
}
