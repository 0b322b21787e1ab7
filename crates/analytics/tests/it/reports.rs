//! Reports: made once per period, sent to each address once, shown to whoever has a link that works.

use rookery_analytics::{
    Cadence, DailyReading, KpiName, MetricBasis, NewSchedule, Numbers, Range, ReportError, ReportLinkState, RunState,
};
use rookery_kernel::{AccountId, Actor, OrganizationId, Scope, Zone};
use rookery_mail::{MailConfig, Mailer};
use rookery_testkit::SmtpServer;
use secrecy::SecretString;
use sqlx::types::Uuid;

use crate::world::{World, at, day};

async fn filled() -> (World, AccountId, SmtpServer) {
    let mut w = World::new().await;
    let server = SmtpServer::start().await;
    let config = MailConfig {
        from: "reports@fieldwork.example".to_owned(),
        server: server.url().parse().expect("an address"),
        user: None,
        password: None,
    };
    let mailer = Mailer::new(&config).expect("a mailer");
    w.analytics = w.analytics.clone().with_mail(mailer, |report| format!("<p>{}</p>", report.organization));
    let account = w.account("ann").await;
    sqlx::query(
        "insert into analytics.content (organization_id, id, integration_id, external_content_id, platform, format, caption, published_at)
         select organization_id, gen_random_uuid(), integration_id, 'a', 'mastodon', 'post', 'Low tide', '2026-03-04T10:00Z'
         from analytics.tracked_integrations where integration_id = $1",
    )
    .bind(account.uuid())
    .execute(&mut w.owner)
    .await
    .expect("content");
    let reading = DailyReading {
        account,
        external_content_id: "a".to_owned(),
        date: day("2026-03-05"),
        basis: MetricBasis::Lifetime,
        numbers: Numbers { reach: Some(120), reactions: Some(6), ..Numbers::default() },
    };
    w.analytics.store_readings(&w.scope(), "test", vec![reading]).await.expect("stored");
    w.analytics.roll_up(&w.scope()).await.expect("summed");
    (w, account, server)
}

fn weekly(recipients: &[&str]) -> NewSchedule {
    NewSchedule {
        name: "Week".to_owned(),
        group: None,
        cadence: Cadence::Weekly(1),
        at: "08:30".to_owned(),
        zone: "Europe/Berlin".parse().expect("a zone"),
        recipients: recipients.iter().map(|r| (*r).to_owned()).collect(),
    }
}

#[tokio::test]
async fn a_report_holds_the_figures_of_the_pages() {
    let (w, account, _server) = filled().await;
    let range = Range::new(day("2026-03-01"), day("2026-03-08")).expect("a range");
    let report = w.analytics.report(&w.scope(), None, range).await.expect("a report");
    let overview = w.analytics.overview(&w.scope(), range, None).await.expect("the page");
    assert_eq!(report.overview, overview);
    assert_eq!(report.overview.kpi(KpiName::Reach).and_then(|k| k.value), Some(120.0));
    assert_eq!((report.accounts.len(), report.accounts[0].id), (1, account));
    assert_eq!(report.accounts[0].sums.and_then(|s| s.numbers.reach), Some(120));
    assert_eq!(report.formats.items, 1);
    let nobody = w.analytics.report(&w.scope(), Some(Uuid::nil()), range).await;
    assert!(matches!(nobody, Err(ReportError::NotFound(_))), "{nobody:?}");
}

#[tokio::test]
async fn a_period_is_sent_once_even_after_restarts() {
    let (w, _, server) = filled().await;
    let schedule =
        w.analytics.create_schedule(&w.scope(), weekly(&["ann@x.example", "bob@x.example"])).await.expect("planned");
    assert_eq!(schedule.next_at, at("2026-03-16T07:30:00Z"));
    let worker = w.worker();
    worker.run_until_idle().await;
    assert!(server.letters().is_empty(), "nothing is due");
    w.clock.set(at("2026-03-16T07:31:00Z"));
    worker.run_until_idle().await;
    w.clock.set(at("2026-03-16T07:36:00Z"));
    worker.run_until_idle().await;
    let letters = server.letters();
    assert_eq!(letters.iter().map(|l| l.to.as_str()).collect::<Vec<_>>(), ["ann@x.example", "bob@x.example"]);
    assert!(letters[0].text.contains("Subject: Week: 2026-03-09 to 2026-03-15"), "{}", letters[0].text);
    assert!(letters[0].text.contains("report-2026-03-09-2026-03-15.html"), "{}", letters[0].text);
    // Another process, and a person who is impatient, find the period sent.
    w.worker().run_until_idle().await;
    let run = w.analytics.send_now(&w.scope(), schedule.id).await.expect("there");
    assert_eq!((run.state, run.sent_to.len()), (RunState::Sent, 2));
    w.clock.set(at("2026-03-16T07:41:00Z"));
    w.worker().run_until_idle().await;
    assert_eq!(server.letters().len(), 2);
    assert_eq!(w.analytics.report_runs(&w.scope()).await.expect("runs").len(), 1);
    let next = w.analytics.schedules(&w.scope()).await.expect("schedules")[0].next_at;
    assert_eq!(next, at("2026-03-23T07:30:00Z"));
    // Switched off, a week passes without a letter; a deleted one leaves nothing.
    w.analytics.enable_schedule(&w.scope(), schedule.id, false).await.expect("off");
    w.clock.set(at("2026-03-23T07:36:00Z"));
    w.worker().run_until_idle().await;
    assert_eq!(server.letters().len(), 2);
    w.analytics.delete_schedule(&w.scope(), schedule.id).await.expect("deleted");
    assert!(w.analytics.report_runs(&w.scope()).await.expect("runs").is_empty());
}

#[tokio::test]
async fn an_address_that_has_it_gets_it_no_second_time_and_a_refusal_is_told() {
    let (w, _, server) = filled().await;
    let schedule =
        w.analytics.create_schedule(&w.scope(), weekly(&["ann@x.example", "bob@x.example"])).await.expect("planned");
    server.defer(1);
    w.analytics.send_now(&w.scope(), schedule.id).await.expect("queued");
    let worker = w.worker();
    worker.run_until_idle().await;
    let run = w.analytics.report_runs(&w.scope()).await.expect("runs").remove(0);
    assert_eq!((run.state, run.sent_to.as_slice()), (RunState::Queued, ["bob@x.example".to_owned()].as_slice()));
    assert!(run.error.expect("a reason").contains("come again later"));
    w.clock.advance(std::time::Duration::from_secs(3600));
    worker.run_until_idle().await;
    assert_eq!(server.letters().iter().map(|l| l.to.as_str()).collect::<Vec<_>>(), ["bob@x.example", "ann@x.example"]);
    assert_eq!(w.analytics.report_runs(&w.scope()).await.expect("runs")[0].state, RunState::Sent);
    server.refuse("gone@x.example");
    let other =
        w.analytics.create_schedule(&w.scope(), weekly(&["gone@x.example", "eve@x.example"])).await.expect("planned");
    w.analytics.send_now(&w.scope(), other.id).await.expect("queued");
    w.worker().run_until_idle().await;
    let runs = w.analytics.report_runs(&w.scope()).await.expect("runs");
    let run = runs.iter().find(|r| r.schedule_id == other.id).expect("a run");
    assert_eq!((run.state, run.sent_to.as_slice()), (RunState::Failed, ["eve@x.example".to_owned()].as_slice()));
    assert!(run.error.as_deref().unwrap_or_default().contains("gone@x.example"), "{run:?}");
}

#[tokio::test]
async fn without_a_mail_server_nothing_is_planned() {
    let w = World::new().await;
    assert!(!w.analytics.can_send());
    let refused = w.analytics.create_schedule(&w.scope(), weekly(&["ann@x.example"])).await;
    assert!(matches!(refused, Err(ReportError::NoMail)), "{refused:?}");
}

#[tokio::test]
async fn a_link_opens_one_report_until_it_is_taken_back_or_over() {
    let (mut w, _, _server) = filled().await;
    let range = Range::new(day("2026-03-01"), day("2026-03-08")).expect("a range");
    let stranger = Scope::new(OrganizationId::from_uuid(Uuid::nil()), Actor::Guest);
    let (link, token) = w.analytics.create_report_link(&w.scope(), None, range, "Imke", 30).await.expect("a link");
    let stored: bool =
        sqlx::query_scalar("select bool_or(row_to_json(l)::text like '%' || $1 || '%') from analytics.report_links l")
            .bind(secrecy::ExposeSecret::expose_secret(&token))
            .fetch_one(&mut w.owner)
            .await
            .expect("a row");
    assert!(!stored, "only the digest is kept");
    let report = w.analytics.open_report_link(&token, &stranger).await.expect("open");
    assert_eq!(report.range, range);
    let (seen, state) = w.analytics.report_links(&w.scope()).await.expect("links").remove(0);
    assert_eq!((seen.opened_at.is_some(), state), (true, ReportLinkState::Open));
    let wrong = w.analytics.open_report_link(&SecretString::from("0".repeat(64)), &stranger).await;
    assert!(matches!(wrong, Err(ReportError::NotFound(_))), "{wrong:?}");
    w.analytics.revoke_report_link(&w.scope(), link.id).await.expect("taken back");
    w.analytics.revoke_report_link(&w.scope(), link.id).await.expect("twice changes nothing");
    let gone = w.analytics.open_report_link(&token, &stranger).await;
    assert!(matches!(gone, Err(ReportError::NotFound(_))), "{gone:?}");
    let (_, short) = w.analytics.create_report_link(&w.scope(), None, range, "Imke", 1).await.expect("a link");
    w.clock.advance(std::time::Duration::from_secs(24 * 3600));
    let over = w.analytics.open_report_link(&short, &stranger).await;
    assert!(matches!(over, Err(ReportError::NotFound(_))), "{over:?}");
    let other = w.db.organization().await;
    let foreign = w.analytics.revoke_report_link(&other.scope, link.id).await;
    assert!(matches!(foreign, Err(ReportError::NotFound(_))), "{foreign:?}");
    for (name, days) in [("", 1), ("Imke", 0), ("Imke", 366)] {
        let bad = w.analytics.create_report_link(&w.scope(), None, range, name, days).await;
        assert!(matches!(bad, Err(ReportError::Link)), "{bad:?}");
    }
}

#[tokio::test]
async fn a_group_reports_its_own_accounts() {
    let (mut w, account, _server) = filled().await;
    w.account("bob").await;
    let group: Uuid = sqlx::query_scalar(
        "with g as (insert into analytics.page_groups (organization_id, name)
                    select organization_id, 'Food' from analytics.tracked_integrations where integration_id = $1
                    returning organization_id, id)
         insert into analytics.page_group_members (organization_id, group_id, tracked_integration_id)
         select g.organization_id, g.id, t.id from g join analytics.tracked_integrations t on t.integration_id = $1
         returning group_id",
    )
    .bind(account.uuid())
    .fetch_one(&mut w.owner)
    .await
    .expect("a group");
    let range = Range::new(day("2026-03-01"), day("2026-03-08")).expect("a range");
    let report = w.analytics.report(&w.scope(), Some(group), range).await.expect("a report");
    assert_eq!(report.group.as_deref(), Some("Food"));
    assert_eq!(report.accounts.iter().map(|a| a.id).collect::<Vec<_>>(), [account]);
    assert_eq!(report.overview.kpi(KpiName::Reach).map(|k| k.coverage.of), Some(1));
    let zone: Zone = report.zone;
    assert!(!zone.name().is_empty());
}
