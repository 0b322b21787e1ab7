//! An organization to work in.

use rookery_kernel::{Actor, IdGen as _, OrganizationId, Scope, UserId};

use crate::database::TestDb;

/// An organization with one member, its owner. Posts need no review in it.
#[derive(Debug, Clone)]
pub struct TestOrg {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Its owner.
    pub user_id: UserId,
    /// The owner at work.
    pub scope: Scope,
}

impl TestOrg {
    pub(crate) async fn create(db: &TestDb) -> Self {
        let ids = crate::ids();
        let organization_id = OrganizationId::generate(&*ids);
        let user_id = UserId::generate(&*ids);
        let slug = format!("org-{}", ids.uuid().simple());
        // One statement: the rows refer to each other and are checked at its end.
        sqlx::query(
            "with person as (
                 insert into identity.users (id, name, email, email_verified)
                 values ($2, 'Ada Okafor', $3 || '@example.test', true)),
             organization as (
                 insert into identity.organizations (organization_id, owner_user_id, name, slug, review_required)
                 values ($1, $2, 'Test organization', $3, false)),
             directory as (
                 insert into identity.organization_directory (organization_id, slug) values ($1, $3)),
             membership as (
                 insert into identity.memberships (organization_id, user_id, role) values ($1, $2, 'owner'))
             insert into identity.member_directory (user_id, organization_id) values ($2, $1)",
        )
        .bind(organization_id.uuid())
        .bind(user_id.uuid())
        .bind(&slug)
        .execute(&mut db.owner().await)
        .await
        .expect("a new organization breaks no rule");
        let scope = Scope::new(organization_id, Actor::User(user_id));
        Self { organization_id, user_id, scope }
    }

    /// The same organization, with a job at work.
    pub const fn worker(&self) -> Scope {
        Scope::worker(self.organization_id)
    }
}
