//! Constraint violations by name, with and without the suffix of a shard.

use rookery_db::{ConstraintKind, Error};
use rookery_testkit::TestDb;
use sqlx::PgConnection;

async fn violate(connection: &mut PgConnection, sql: &'static str) -> Error {
    sqlx::raw_sql(sql).execute(connection).await.map_err(Error::from).expect_err("a rule is broken")
}

fn check(error: &Error, kind: ConstraintKind, name: &str) {
    assert!(matches!(error, Error::Constraint(v) if v.kind == kind), "{error:?}");
    assert_eq!(error.constraint(), Some(name));
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn violations_are_told_apart_by_kind_and_name() {
    let db = TestDb::empty().await;
    let mut connection = db.owner().await;
    // The tables of a distributed PostgreSQL carry the shard's number, and so do their constraints.
    sqlx::raw_sql(
        "create table public.parents_102008 (id int constraint parents_pkey_102008 primary key);
         create table public.children_102009 (
             id int constraint children_pkey_102009 primary key,
             name text not null constraint children_name_check_102009 check (name <> ''),
             parent int constraint children_parent_fk_102009 references public.parents_102008 on delete restrict,
             during int4range,
             constraint children_during_excl_102009 exclude using gist (during with &&));
         insert into public.parents_102008 values (1);
         insert into public.children_102009 values (1, 'a', 1, '[1,3)')",
    )
    .execute(&mut connection)
    .await
    .expect("made");
    let error = violate(&mut connection, "insert into public.parents_102008 values (1)").await;
    check(&error, ConstraintKind::Unique, "parents_pkey");
    let error = violate(&mut connection, "insert into public.children_102009 values (2, '', 1)").await;
    check(&error, ConstraintKind::Check, "children_name_check");
    let error = violate(&mut connection, "insert into public.children_102009 values (2, 'b', 9)").await;
    check(&error, ConstraintKind::ForeignKey, "children_parent_fk");
    let error = violate(&mut connection, "delete from public.parents_102008").await;
    check(&error, ConstraintKind::ForeignKey, "children_parent_fk");
    let error = violate(&mut connection, "insert into public.children_102009 values (2, null, 1)").await;
    check(&error, ConstraintKind::NotNull, "name");
    let error = violate(&mut connection, "insert into public.children_102009 values (2, 'b', 1, '[2,4)')").await;
    check(&error, ConstraintKind::Exclusion, "children_during_excl");
}

#[tokio::test]
async fn a_message_without_fields_still_yields_the_name() {
    let db = TestDb::empty().await;
    let sql = "do $$ begin raise exception 'duplicate key value violates unique constraint \"users_email_key_102010\"'
               using errcode = '23505'; end $$";
    let error = violate(&mut db.owner().await, sql).await;
    check(&error, ConstraintKind::Unique, "users_email_key");
}

#[tokio::test]
async fn a_held_lock_is_worth_another_try() {
    let db = TestDb::empty().await;
    let sql = "do $$ begin raise exception 'x' using errcode = 'lock_not_available'; end $$";
    assert!(violate(&mut db.owner().await, sql).await.is_retryable());
    let sql = "do $$ begin raise exception 'x' using errcode = 'admin_shutdown'; end $$";
    assert!(violate(&mut db.owner().await, sql).await.is_unavailable());
}
