//! Connections that only read: whose rows they see, and what becomes of one that was lost or given up.

use std::future::Future;

use rookery_db::roles::{self, PrepareError};
use rookery_db::{Db, Endpoints, Error, OrgTx, PoolSizes};
use rookery_kernel::{IdGen as _, OrganizationId, Scope};
use rookery_testkit::{TestDb, ids};
use sqlx::{Connection as _, PgConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};

const ONE_EACH: PoolSizes = PoolSizes { api: 1, worker: 1, publishing: 1, reading: 1 };

async fn pid(tx: &mut OrgTx) -> Result<i32, Error> {
    Ok(sqlx::query_scalar("select pg_catalog.pg_backend_pid()").fetch_one(tx.conn()).await?)
}

/// Whose rows are seen, and by which process of the server.
async fn seen(db: &Db, scope: &Scope) -> Result<(Vec<OrganizationId>, i32), Error> {
    let mut tx = db.reading(scope).await?;
    let seen = organizations(&mut tx).await?;
    let pid = pid(&mut tx).await?;
    tx.commit().await?;
    Ok((seen, pid))
}

async fn organizations(tx: &mut OrgTx) -> Result<Vec<OrganizationId>, Error> {
    Ok(sqlx::query_scalar("select organization_id from identity.organizations").fetch_all(tx.conn()).await?)
}

/// Ends a process of the server, and returns when it is gone.
async fn terminate(owner: &mut PgConnection, pid: i32) {
    let ended: bool =
        sqlx::query_scalar("select pg_terminate_backend($1, 5000)").bind(pid).fetch_one(owner).await.expect("allowed");
    assert!(ended, "process {pid} is gone");
}

/// Returns when the server waits within a statement that begins so: it is named when it is prepared, too.
async fn is_running(owner: &mut PgConnection, statement: &str) {
    let sql = "select exists (select from pg_stat_activity
                              where wait_event in ('PgSleep', 'advisory') and starts_with(query, $1))";
    while !sqlx::query_scalar::<_, bool>(sql).bind(statement).fetch_one(&mut *owner).await.expect("readable") {}
}

/// Returns when a process of the server has ended its statement.
async fn is_idle(owner: &mut PgConnection, pid: i32) {
    let sql = "select exists (select from pg_stat_activity where pid = $1 and state <> 'active')";
    while !sqlx::query_scalar::<_, bool>(sql).bind(pid).fetch_one(&mut *owner).await.expect("readable") {}
}

/// Begins something and gives it up when `until` is over.
async fn given_up<T>(work: impl Future<Output = T>, until: impl Future<Output = ()>) {
    tokio::select! {
        _ = work => panic!("it was to be given up"),
        () = until => {}
    }
}

#[tokio::test]
async fn organizations_by_turns_on_one_connection_see_their_own_rows() {
    let db = TestDb::with_pools(ONE_EACH).await;
    let (one, other) = (db.organization().await, db.organization().await);
    let nobody = Scope::worker(ids().uuid().into());
    let mut pids = Vec::new();
    for _ in 0..2 {
        for (scope, expected) in [
            (&one.scope, vec![one.organization_id]),
            (&one.scope, vec![one.organization_id]),
            (&other.scope, vec![other.organization_id]),
            (&nobody, vec![]),
        ] {
            let (organizations, pid) = seen(&db.db, scope).await.expect("readable");
            assert_eq!(organizations, expected);
            pids.push(pid);
        }
    }
    pids.dedup();
    assert_eq!(pids.len(), 1, "all by one connection");
}

#[tokio::test]
async fn one_that_turns_to_another_organization_sees_that_one() {
    let db = TestDb::with_pools(ONE_EACH).await;
    let (one, other) = (db.organization().await, db.organization().await);
    let mut tx = db.db.reading(&one.scope).await.expect("begun");
    tx.turn_to(&other.scope).await.expect("turned");
    assert_eq!(tx.organization_id(), other.organization_id);
    assert_eq!(organizations(&mut tx).await.expect("readable"), [other.organization_id]);
    tx.rollback().await;
    assert_eq!(seen(&db.db, &one.scope).await.expect("readable").0, [one.organization_id]);
}

/// As after the server was started again: whoever asks next has an answer, or at worst is told to come again, once.
#[tokio::test]
async fn a_lost_connection_leaves_the_pool() {
    let db = TestDb::with_pools(ONE_EACH).await;
    let (one, other) = (db.organization().await, db.organization().await);
    let mut owner = db.owner().await;

    // Lost while nobody knows how its last work ended: it is asked first.
    let mut tx = db.db.reading(&one.scope).await.expect("begun");
    terminate(&mut owner, pid(&mut tx).await.expect("readable")).await;
    drop(tx);
    let (_, lost) = seen(&db.db, &one.scope).await.expect("by a new connection");

    // Lost at rest, and told another organization first: nothing was asked yet, so the next one is taken.
    terminate(&mut owner, lost).await;
    let (organizations, lost) = seen(&db.db, &other.scope).await.expect("by a new connection");
    assert_eq!(organizations, [other.organization_id]);

    // Lost at rest within the time that it is trusted for.
    terminate(&mut owner, lost).await;
    if let Err(error) = seen(&db.db, &other.scope).await {
        assert!(error.is_unavailable() && error.is_retryable(), "{error:?}");
    }
    assert_eq!(seen(&db.db, &other.scope).await.expect("by a new connection").0, [other.organization_id]);
}

/// As when somebody closes the window before the page is there.
#[tokio::test]
async fn what_was_given_up_half_way_does_not_answer_the_next_question() {
    let db = TestDb::with_pools(ONE_EACH).await;
    let (one, other) = (db.organization().await, db.organization().await);
    let mut owner = db.owner().await;

    let run = async |owner: &mut PgConnection, sql: &'static str| {
        sqlx::raw_sql(sql).execute(owner).await.expect("mine");
    };

    // One that has ended by then, with an answer: the connection serves on.
    let waiting = "select pg_catalog.pg_advisory_lock(1)";
    // With an error, which is nobody's any more: another one serves.
    let failing = "select pg_catalog.pg_advisory_lock(1), 1 / (pg_catalog.pg_backend_pid() * 0)";
    for (statement, serves_on) in [(waiting, true), (failing, false)] {
        run(&mut owner, "select pg_advisory_lock(1)").await;
        let mut tx = db.db.reading(&one.scope).await.expect("begun");
        let before = pid(&mut tx).await.expect("readable");
        given_up(sqlx::query(statement).execute(tx.conn()), is_running(&mut owner, statement)).await;
        drop(tx);
        run(&mut owner, "select pg_advisory_unlock(1)").await;
        is_idle(&mut owner, before).await;
        let (organizations, after) = seen(&db.db, &other.scope).await.expect("readable");
        assert_eq!(organizations, [other.organization_id]);
        assert_eq!(before == after, serves_on, "{statement}");
        terminate(&mut owner, after).await;
    }

    // One that has not: another one serves. For an organization that the connection just ended was not told, so that the
    // loss is found before the first statement, however soon this comes.
    let mut tx = db.db.reading(&one.scope).await.expect("begun");
    let before = pid(&mut tx).await.expect("readable");
    let long = "select pg_catalog.pg_sleep(50)";
    given_up(sqlx::query(long).execute(tx.conn()), is_running(&mut owner, long)).await;
    drop(tx);
    let (organizations, after) = seen(&db.db, &other.scope).await.expect("readable");
    assert_eq!(organizations, [other.organization_id]);
    assert_ne!(before, after);
    terminate(&mut owner, before).await;
}

#[tokio::test]
async fn a_statement_that_fails_leaves_its_connection_sound() {
    let db = TestDb::with_pools(ONE_EACH).await;
    let org = db.organization().await;
    let (_, before) = seen(&db.db, &org.scope).await.expect("readable");
    let mut tx = db.db.reading(&org.scope).await.expect("begun");
    sqlx::query("select 1 / 0").execute(tx.conn()).await.expect_err("no number");
    drop(tx);
    assert_eq!(seen(&db.db, &org.scope).await.expect("readable"), (vec![org.organization_id], before));
}

#[tokio::test]
async fn nothing_stays_open_after_the_end() {
    let db = TestDb::with_pools(ONE_EACH).await;
    let org = db.organization().await;
    let (_, pid) = seen(&db.db, &org.scope).await.expect("readable");
    db.db.close().await;
    let error = db.db.reading(&org.scope).await.expect_err("closed");
    assert!(error.is_unavailable(), "{error:?}");
    let mut owner = db.owner().await;
    let sql = "select exists (select from pg_stat_activity where pid = $1)";
    while sqlx::query_scalar::<_, bool>(sql).bind(pid).fetch_one(&mut owner).await.expect("readable") {}
    owner.close().await.expect("closed");
}

/// A pooler in transaction mode gives the server's connections to its clients by turns, so what a client is told stays with
/// a connection that is another's a moment later. It drops what its clients begin with, which gives it away, even where the
/// same stands in the database's own settings.
#[tokio::test]
async fn a_pooler_that_lends_connections_by_turns_is_refused() {
    let db = TestDb::with_pools(ONE_EACH).await;
    let direct = &db.endpoints().owner;
    let socket = direct.get_socket().expect("the test server listens on a socket");
    let socket = socket.join(format!(".s.PGSQL.{}", direct.get_port()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let pooler = tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.expect("accepted");
            let server = UnixStream::connect(&socket).await.expect("the server answers");
            tokio::spawn(forward(client, server));
        }
    });
    let (name, user) = (db.name(), direct.get_username());
    let own = format!("alter database {name} set lock_timeout = '10s'");
    sqlx::raw_sql(sqlx::AssertSqlSafe(own)).execute(&mut db.owner().await).await.expect("allowed");
    let url = format!("postgres://{user}@127.0.0.1:{port}/{name}?sslmode=disable");
    let endpoints = Endpoints::from_url(&url).expect("an address");
    let error = Db::connect(&endpoints, ONE_EACH).await.expect_err("refused");
    assert!(matches!(error, Error::SharedConnections), "{error:?}");
    assert!(error.to_string().contains("pooler"), "{error}");
    let error = roles::prepare(&endpoints).await.expect_err("refused before anything is made");
    assert!(matches!(error, PrepareError::Db(Error::SharedConnections)), "{error:?}");
    pooler.abort();
}

/// Hands on everything but the options that a client begins with.
async fn forward(mut client: TcpStream, mut server: UnixStream) -> std::io::Result<()> {
    let length = client.read_u32().await?;
    let mut rest = vec![0; length as usize - 4];
    client.read_exact(&mut rest).await?;
    // The protocol's number, then names and values, each ended by a zero, and a zero at the end.
    let (number, pairs) = rest.split_at(4);
    let words: Vec<&[u8]> = pairs.split(|byte| *byte == 0).collect();
    let mut kept = number.to_vec();
    for pair in words.chunks_exact(2).filter(|pair| !pair[0].is_empty() && pair[0] != b"options") {
        kept.extend_from_slice(&[pair[0], b"\0", pair[1], b"\0"].concat());
    }
    kept.push(0);
    let length = u32::try_from(kept.len() + 4).expect("short");
    server.write_u32(length).await?;
    server.write_all(&kept).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
