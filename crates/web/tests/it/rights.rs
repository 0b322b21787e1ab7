//! Every route with its right: called as nobody, as a stranger, with a key that lacks the scope, and in a role
//! that lacks the right. A route that is missing here fails the first test.

use std::collections::BTreeSet;

use axum::http::Method;
use rookery_analytics::Range;
use rookery_identity::{KeyScope, MemberRole};
use rookery_kernel::Platform;
use rookery_publishing::{NewPost, Schedule};
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::house::House;

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// Everybody.
    Open,
    /// Whoever is signed in.
    Known,
    /// Members who may, and keys with this scope.
    Scoped(KeyScope),
    /// Reviewers; no key.
    Review,
    /// Admins; no key.
    Manage,
    /// People who run the instance.
    Instance,
}

use KeyScope::{MetricsRead, PostsRead, PostsWrite, Publishing};
use Right::{Instance, Known, Manage, Open, Review, Scoped};

const ROUTES: &[(&str, &str, Right)] = &[
    ("GET", "/me", Known),
    ("POST", "/session", Open),
    ("DELETE", "/session", Known),
    ("GET", "/organizations", Known),
    ("GET", "/api-keys", Manage),
    ("POST", "/api-keys", Manage),
    ("DELETE", "/api-keys/{id}", Manage),
    ("GET", "/accounts", Scoped(PostsRead)),
    ("POST", "/accounts", Manage),
    ("POST", "/accounts/sign-in", Manage),
    ("GET", "/accounts/{id}", Scoped(PostsRead)),
    ("DELETE", "/accounts/{id}", Manage),
    ("POST", "/accounts/{id}/check", Manage),
    ("GET", "/accounts/{id}/slots", Scoped(PostsRead)),
    ("PUT", "/accounts/{id}/slots", Scoped(Publishing)),
    ("GET", "/platform-rules", Scoped(PostsRead)),
    ("GET", "/posts", Scoped(PostsRead)),
    ("POST", "/posts", Scoped(PostsWrite)),
    ("POST", "/posts/validate", Scoped(PostsWrite)),
    ("POST", "/posts/bulk", Scoped(PostsWrite)),
    ("GET", "/post-imports", Scoped(PostsRead)),
    ("POST", "/post-imports", Scoped(PostsWrite)),
    ("GET", "/post-imports/template", Scoped(PostsRead)),
    ("GET", "/post-imports/{id}", Scoped(PostsRead)),
    ("DELETE", "/post-imports/{id}", Scoped(PostsWrite)),
    ("GET", "/post-imports/{id}/rows", Scoped(PostsRead)),
    ("GET", "/post-imports/{id}/broken-rows", Scoped(PostsRead)),
    ("POST", "/post-imports/{id}/apply", Scoped(PostsWrite)),
    ("GET", "/exports", Scoped(PostsRead)),
    ("GET", "/exports/{table}", Scoped(PostsRead)),
    ("GET", "/analytics/exports/{dataset}", Scoped(MetricsRead)),
    ("GET", "/report-schedules", Scoped(MetricsRead)),
    ("POST", "/report-schedules", Manage),
    ("PATCH", "/report-schedules/{id}", Manage),
    ("DELETE", "/report-schedules/{id}", Manage),
    ("POST", "/report-schedules/{id}/send", Manage),
    ("GET", "/report-runs", Scoped(MetricsRead)),
    ("GET", "/report-links", Scoped(MetricsRead)),
    ("POST", "/report-links", Manage),
    ("DELETE", "/report-links/{id}", Manage),
    ("GET", "/metric-imports", Scoped(MetricsRead)),
    ("POST", "/metric-imports", Manage),
    ("GET", "/metric-imports/{id}", Scoped(MetricsRead)),
    ("PATCH", "/metric-imports/{id}", Manage),
    ("DELETE", "/metric-imports/{id}", Manage),
    ("GET", "/metric-imports/{id}/rows", Scoped(MetricsRead)),
    ("POST", "/metric-imports/{id}/apply", Manage),
    ("GET", "/posts/labels", Scoped(PostsRead)),
    ("GET", "/posts/next-free-slot", Scoped(PostsRead)),
    ("GET", "/posts/{id}", Scoped(PostsRead)),
    ("PATCH", "/posts/{id}", Scoped(PostsWrite)),
    ("DELETE", "/posts/{id}", Scoped(PostsWrite)),
    ("POST", "/posts/{id}/schedule", Scoped(Publishing)),
    ("POST", "/posts/{id}/queue", Scoped(Publishing)),
    ("POST", "/posts/{id}/publish-now", Scoped(Publishing)),
    ("POST", "/posts/{id}/cancel", Scoped(Publishing)),
    ("POST", "/posts/{id}/retry", Scoped(Publishing)),
    ("POST", "/posts/{id}/approve", Review),
    ("POST", "/posts/{id}/submit", Scoped(PostsWrite)),
    ("POST", "/posts/{id}/withdraw", Scoped(PostsWrite)),
    ("POST", "/posts/{id}/reviews", Review),
    ("GET", "/posts/{id}/reviews", Scoped(PostsRead)),
    ("GET", "/posts/{id}/review-links", Scoped(PostsRead)),
    ("POST", "/posts/{id}/review-links", Scoped(PostsWrite)),
    ("DELETE", "/review-links/{id}", Scoped(PostsWrite)),
    ("GET", "/reviews", Scoped(PostsRead)),
    ("GET", "/publishing/overdue", Scoped(PostsRead)),
    ("PUT", "/publishing/pause", Manage),
    ("DELETE", "/publishing/pause", Manage),
    ("GET", "/instance/publishing-pause", Instance),
    ("PUT", "/instance/publishing-pause", Instance),
    ("DELETE", "/instance/publishing-pause", Instance),
    ("GET", "/publications", Scoped(PostsRead)),
    ("GET", "/publications/{id}", Scoped(PostsRead)),
    ("PATCH", "/publications/{id}", Scoped(PostsWrite)),
    ("GET", "/publications/{id}/snapshots", Scoped(MetricsRead)),
    ("POST", "/publications/{id}/read-numbers", Scoped(Publishing)),
    ("POST", "/publications/{id}/publish-again", Scoped(Publishing)),
    ("POST", "/publications/{id}/cancel", Scoped(Publishing)),
    ("POST", "/publications/{id}/retry", Scoped(Publishing)),
    ("POST", "/publications/{id}/mark-online", Scoped(Publishing)),
    ("POST", "/publications/{id}/move", Scoped(Publishing)),
    ("GET", "/calendar", Scoped(PostsRead)),
    ("GET", "/recurring-posts", Scoped(PostsRead)),
    ("POST", "/recurring-posts", Scoped(Publishing)),
    ("GET", "/recurring-posts/{id}", Scoped(PostsRead)),
    ("PATCH", "/recurring-posts/{id}", Scoped(Publishing)),
    ("POST", "/recurring-posts/{id}/pause", Scoped(Publishing)),
    ("POST", "/recurring-posts/{id}/resume", Scoped(Publishing)),
    ("POST", "/recurring-posts/{id}/stop", Scoped(Publishing)),
    ("GET", "/media", Scoped(PostsRead)),
    ("POST", "/media", Scoped(PostsWrite)),
    ("POST", "/media/import", Scoped(PostsWrite)),
    ("GET", "/media/{id}", Scoped(PostsRead)),
    ("PATCH", "/media/{id}", Scoped(PostsWrite)),
    ("DELETE", "/media/{id}", Scoped(PostsWrite)),
    ("POST", "/media/{id}/restore", Scoped(PostsWrite)),
    ("GET", "/media/{id}/uses", Scoped(PostsRead)),
    ("POST", "/media/uploads", Scoped(PostsWrite)),
    ("GET", "/media/uploads/{id}", Scoped(PostsWrite)),
    ("PATCH", "/media/uploads/{id}", Scoped(PostsWrite)),
    ("DELETE", "/media/uploads/{id}", Scoped(PostsWrite)),
    ("GET", "/analytics/overview", Scoped(MetricsRead)),
    ("GET", "/analytics/kpis", Scoped(MetricsRead)),
    ("GET", "/analytics/timeseries", Scoped(MetricsRead)),
    ("GET", "/analytics/format-breakdown", Scoped(MetricsRead)),
    ("GET", "/analytics/best-time", Scoped(MetricsRead)),
    ("GET", "/analytics/content", Scoped(MetricsRead)),
    ("GET", "/analytics/content/{id}", Scoped(MetricsRead)),
    ("GET", "/analytics/annotations", Scoped(MetricsRead)),
    ("POST", "/analytics/annotations", Scoped(PostsWrite)),
    ("DELETE", "/analytics/annotations/{id}", Scoped(PostsWrite)),
    ("GET", "/analytics/trends", Scoped(MetricsRead)),
    ("GET", "/analytics/alerts", Scoped(MetricsRead)),
    ("POST", "/analytics/alerts/{id}/read", Scoped(PostsWrite)),
    ("POST", "/analytics/alerts/read-all", Scoped(PostsWrite)),
    ("GET", "/analytics/alerts/rules", Scoped(MetricsRead)),
    ("PUT", "/analytics/alerts/rules", Manage),
    ("GET", "/analytics/daily-brief", Scoped(MetricsRead)),
    ("POST", "/analytics/daily-brief", Scoped(PostsWrite)),
    ("GET", "/analytics/recommendations", Scoped(MetricsRead)),
    ("POST", "/analytics/recommendations/{id}/accept", Scoped(PostsWrite)),
    ("POST", "/analytics/recommendations/{id}/dismiss", Scoped(PostsWrite)),
    ("POST", "/analytics/recommendations/{id}/restore", Scoped(PostsWrite)),
    ("GET", "/analytics/runs", Scoped(MetricsRead)),
    ("GET", "/analytics/errors", Scoped(MetricsRead)),
    ("POST", "/analytics/ingest", Manage),
    ("POST", "/analytics/ingest/backfill", Manage),
    ("GET", "/analytics/ingest/backfill", Scoped(MetricsRead)),
    ("GET", "/analytics/groups", Scoped(MetricsRead)),
    ("POST", "/analytics/groups", Manage),
    ("GET", "/analytics/groups/{id}", Scoped(MetricsRead)),
    ("PUT", "/analytics/groups/{id}", Manage),
    ("DELETE", "/analytics/groups/{id}", Manage),
    ("POST", "/analytics/groups/{id}/pages", Manage),
    ("DELETE", "/analytics/groups/{id}/pages/{integrationId}", Manage),
    ("GET", "/analytics/niches", Scoped(MetricsRead)),
    ("GET", "/analytics/tags", Scoped(MetricsRead)),
    ("POST", "/analytics/tags", Manage),
    ("PUT", "/analytics/tags/{id}", Manage),
    ("DELETE", "/analytics/tags/{id}", Manage),
    ("GET", "/analytics/tags/{id}/rules", Scoped(MetricsRead)),
    ("POST", "/analytics/tags/{id}/rules", Manage),
    ("PUT", "/analytics/tag-rules/{id}", Manage),
    ("DELETE", "/analytics/tag-rules/{id}", Manage),
    ("POST", "/analytics/tags/dry-run", Manage),
    ("GET", "/analytics/tags/auto-run", Scoped(MetricsRead)),
    ("POST", "/analytics/tags/auto-run", Manage),
    ("GET", "/analytics/stop-words", Scoped(MetricsRead)),
    ("POST", "/analytics/stop-words", Manage),
    ("DELETE", "/analytics/stop-words/{language}/{word}", Manage),
    ("GET", "/analytics/content/{id}/tags", Scoped(MetricsRead)),
    ("POST", "/analytics/content/{id}/tags/{tagId}", Scoped(PostsWrite)),
    ("DELETE", "/analytics/content/{id}/tags/{tagId}", Scoped(PostsWrite)),
    ("POST", "/analytics/tags/{id}/assign", Scoped(PostsWrite)),
    ("POST", "/analytics/tags/{id}/unassign", Scoped(PostsWrite)),
    ("POST", "/analytics/tag-changes/{id}/undo", Scoped(PostsWrite)),
    ("GET", "/jobs/stats", Instance),
    ("GET", "/jobs", Manage),
    ("POST", "/jobs/{id}/retry", Manage),
    ("GET", "/audit", Manage),
];

#[test]
fn the_table_names_every_route_of_the_document() {
    let document: Value = serde_json::from_str(&rookery_web::api::document_json()).expect("JSON");
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("operations").keys() {
            described.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let listed: BTreeSet<String> = ROUTES.iter().map(|(method, path, _)| format!("{method} /api/v1{path}")).collect();
    assert_eq!(listed, described);
}

/// A house with one of each thing, owned by the owner's organization.
struct Furnished {
    house: House,
    account: String,
    post: String,
    publication: String,
    key: String,
    job: String,
    file: String,
    upload: String,
    link: String,
    recurring: String,
    import: String,
    advice: String,
    alert: String,
    content: String,
    note: String,
    numbers: String,
    report_link: String,
    group: String,
    tag: String,
    rule: String,
    change: String,
}

impl Furnished {
    async fn new() -> Self {
        let house = House::new().await;
        let (account, _) = house.connect(Platform::Mastodon, "tide").await;
        let new = NewPost {
            content: "Low water at noon".into(),
            title: None,
            account_ids: vec![account.id],
            schedule: Schedule::At("2026-03-05T09:00:00Z".parse().expect("a time")),
            timezone: "Europe/Berlin".parse().expect("a zone"),
            composition: rookery_publishing::Composition::default(),
        };
        let detail = house.publishing.create_post(&house.scope, new).await.expect("a post that fits");
        house.key(&[PostsRead]).await;
        let keys = house.identity.api_keys(&house.scope).await.expect("the keys");
        let owner = house.owner().await;
        let job = owner.get("/jobs").await.expect(200).at("/items/0/id");
        let gif = b"GIF89a\x01\0\x01\0\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b";
        let file = house.media.upload(&house.scope, "tide.gif", gif.as_slice().into()).await.expect("a file");
        let announced = rookery_publishing::NewUpload { name: "tide.mp4".into(), size: 10, sha256: None };
        let upload = house.media.begin_upload(&house.scope, announced).await.expect("announced");
        let new = rookery_publishing::NewReviewLink { recipient: "Imke".into(), days: 7 };
        let again = detail.post.id;
        // Beyond the days that are made ahead: nothing waits that the tests below do not know.
        let starts_on = "2026-06-01".parse().expect("a date");
        let rhythm = rookery_publishing::Rhythm::Days { every: 5 };
        let end = rookery_publishing::End::Never;
        let rule = rookery_publishing::Rule { rhythm, minute: 570, starts_on, end, cool_down_days: 0 };
        let recurring = house.publishing.create_recurring(&house.scope, again, rule).await.expect("a rule");
        let recurring = recurring.id.to_string();
        let made = house.publishing.create_review_link(&house.scope, detail.post.id, new).await.expect("a link");
        let import =
            house.publishing.preview_import(&house.scope, "p.csv", b"content\nHello\n").await.expect("a preview");
        let note = house.analytics.annotate(&house.scope, starts_on, "A storm").await.expect("a note");
        let content: uuid::Uuid = sqlx::query_scalar(
            "insert into analytics.content (organization_id, integration_id, external_content_id, platform, format, published_at)
             values ($1, $2, 'seen', 'mastodon', 'text', '2026-03-01') returning id",
        )
        .bind(house.scope.organization_id.uuid())
        .bind(account.id.uuid())
        .fetch_one(&mut house.test.owner().await)
        .await
        .expect("content");
        let range = Range { from: "2026-02-01".parse().expect("a day"), to: "2026-02-28".parse().expect("a day") };
        let report_link = house.analytics.create_report_link(&house.scope, None, range, "Imke", 7).await;
        let berlin = "Europe/Berlin".parse().expect("a zone");
        let numbers = b"Post id,Publish time,Likes\n1,2026-02-01,5\n";
        let numbers = house.analytics.preview_metrics(&house.scope, &berlin, "n.csv", numbers, None).await;
        let draft = rookery_analytics::GroupDraft { name: "Coast".into(), ..Default::default() };
        let group = house.analytics.create_group(&house.scope, draft).await.expect("a group");
        let draft = |label: &str| rookery_analytics::TagDraft { label: label.into(), ..Default::default() };
        let manual = rookery_analytics::TagType::Manual;
        let tag = house.analytics.create_tag(&house.scope, manual, draft("Sale")).await.expect("a tag");
        let auto = rookery_analytics::TagType::Auto;
        let ruled = house.analytics.create_tag(&house.scope, auto, draft("Coast")).await.expect("a tag");
        let word = rookery_analytics::RuleDraft::new(rookery_analytics::MatchKind::Keyword, "tide");
        let rule = house.analytics.add_tag_rule(&house.scope, ruled.id, word).await.expect("a rule");
        let items = [rookery_kernel::ContentId::from_uuid(content)];
        let change = house.analytics.change_tag_of(&house.scope, tag.id, &items, true).await.expect("changed");
        let alert: uuid::Uuid = sqlx::query_scalar(
            "insert into analytics.alerts (organization_id, id, kind, severity, metric, current_value, previous_value, change_pct,
                 threshold_pct, integration_id, title, message, period_start, period_end, dedupe_key)
             values ($1, gen_random_uuid(), 'kpi_drop', 'warning', 'reach', 60, 100, -40, 30, $2, 'Reach fell', 'By 40 %.',
                     '2026-03-01', '2026-03-07', 'a') returning id",
        )
        .bind(house.scope.organization_id.uuid())
        .bind(account.id.uuid())
        .fetch_one(&mut house.test.owner().await)
        .await
        .expect("an alert");
        let filter = rookery_analytics::InsightFilter::default();
        let brief = house.analytics.daily_brief(&house.scope, None, filter).await.expect("a brief");
        let advice: uuid::Uuid = sqlx::query_scalar(
            "insert into analytics.recommendations (organization_id, id, brief_id, kind, priority, title, reason, evidence,
                 action, expires_at, dedupe_key)
             values ($1, gen_random_uuid(), $2, 'timing', 'medium', 'Post at 18:00 today', 'It is a good hour.',
                     '{\"numbers\": {\"items\": 3}, \"from\": \"2026-02-02\", \"to\": \"2026-03-01\", \"tagId\": null, \"contentIds\": []}',
                     '{\"text\": \"\", \"integrationId\": null, \"at\": null, \"format\": null}', '2026-03-09T00:00:00Z', 'a') returning id",
        )
        .bind(house.scope.organization_id.uuid())
        .bind(brief.id)
        .fetch_one(&mut house.test.owner().await)
        .await
        .expect("a recommendation");
        Self {
            advice: advice.to_string(),
            alert: alert.to_string(),
            content: content.to_string(),
            note: note.id.to_string(),
            numbers: numbers.expect("a preview").id.to_string(),
            report_link: report_link.expect("a link").0.id.to_string(),
            group: group.id.to_string(),
            tag: tag.id.to_string(),
            rule: rule.id.to_string(),
            change: change.expect("it is new").id.to_string(),
            import: import.id.to_string(),
            account: account.id.to_string(),
            post: detail.post.id.to_string(),
            publication: detail.publications[0].id.to_string(),
            key: keys[0].id.to_string(),
            job,
            file: file.id.to_string(),
            upload: upload.id.to_string(),
            link: made.0.id.to_string(),
            recurring,
            house,
        }
    }

    /// A rule for a recurring post.
    fn rule() -> Value {
        json!({"frequency": "days", "every": 5, "time": "09:30", "startsOn": "2026-03-02"})
    }

    /// Calls a route of the table about our things.
    async fn call(&self, client: &Client, method: &str, path: &str) -> Answer {
        let media = [("/media/uploads/", &self.upload), ("/media/{", &self.file)];
        let things = [("/accounts", &self.account), ("/posts/", &self.post), ("/publications", &self.publication)];
        let things = media.into_iter().chain(things).chain([
            ("/api-keys", &self.key),
            ("/jobs", &self.job),
            ("/review-links", &self.link),
            ("/recurring-posts", &self.recurring),
            ("/post-imports", &self.import),
            ("/analytics/content", &self.content),
            ("/analytics/annotations", &self.note),
            ("/metric-imports", &self.numbers),
            ("/report-links", &self.report_link),
            // Without a mail server there is no schedule; anybody's is as unknown as this.
            ("/report-schedules", &self.numbers),
            ("/analytics/groups", &self.group),
            ("/analytics/tags", &self.tag),
            ("/analytics/tag-rules", &self.rule),
            ("/analytics/tag-changes", &self.change),
            ("/analytics/alerts/{", &self.alert),
            ("/analytics/recommendations/{", &self.advice),
        ]);
        let id = things.into_iter().find(|(prefix, _)| path.starts_with(prefix)).map_or("", |(_, id)| id.as_str());
        let mut to = path.replace("{id}", id).replace("{table}", "posts").replace("{dataset}", "summary");
        to = to.replace("{tagId}", &self.tag);
        to = to.replace("{integrationId}", &self.account).replace("{language}/{word}", "en/tide");
        if path == "/posts/next-free-slot" {
            to = format!("{to}?integrationIds={}", self.account);
        }
        if path == "/calendar" || path == "/analytics/exports/{dataset}" {
            to.push_str("?from=2026-03-01&to=2026-03-31");
        }
        let post = json!({"content": "Hello", "accountIds": [self.account], "schedule": {"kind": "draft"}});
        let body = match (method, path) {
            ("POST", "/posts" | "/posts/validate") => Some(post),
            ("POST", "/posts/bulk") => Some(json!({"posts": [post]})),
            ("POST", "/post-imports") => Some(json!({"fileName": "q.csv", "content": "content\nHi\n"})),
            ("POST", "/posts/{id}/schedule" | "/publications/{id}/move") => Some(json!({"at": "2026-03-06T09:00:00Z"})),
            ("POST", "/metric-imports") => {
                Some(json!({"fileName": "m.csv", "content": "Post id,Publish time,Likes\n2,2026-02-01,5\n"}))
            }
            ("POST", "/report-links") => Some(json!({"recipient": "Eve", "from": "2026-02-01", "to": "2026-02-28"})),
            ("POST", "/report-schedules") => {
                Some(json!({"name": "Month", "cadence": "daily", "at": "08:00", "recipients": ["eve@field.example"]}))
            }
            ("PATCH", "/report-schedules/{id}") => Some(json!({"enabled": false})),
            ("PATCH", "/metric-imports/{id}") => Some(json!({"numbers": "comma"})),
            (
                "POST",
                "/posts/{id}/submit"
                | "/post-imports/{id}/apply"
                | "/metric-imports/{id}/apply"
                | "/analytics/recommendations/{id}/dismiss",
            )
            | ("PUT", "/instance/publishing-pause") => Some(json!({})),
            ("POST", "/posts/{id}/reviews") => Some(json!({"action": "comment", "comment": "lovely"})),
            ("POST", "/posts/{id}/review-links") => Some(json!({"recipient": "Imke"})),
            ("PATCH", "/media/{id}") => Some(json!({"title": "Tide"})),
            ("PATCH", "/publications/{id}") => Some(json!({"text": null})),
            ("POST", "/recurring-posts") => Some(json!({"postId": self.post, "rule": Self::rule()})),
            ("PATCH", "/recurring-posts/{id}") => Some(json!({"rule": Self::rule()})),
            ("PUT", "/accounts/{id}/slots") => Some(json!({"slots": [{"weekday": 1, "time": "09:30"}]})),
            ("PATCH", _) => Some(json!({"content": "Hello again"})),
            ("POST", "/publications/{id}/publish-again") => Some(json!({"althoughOut": true})),
            ("POST", "/publications/{id}/mark-online") => Some(json!({"externalContentId": "1"})),
            ("POST", "/analytics/ingest") => Some(json!({"integrationId": self.account, "date": "2026-03-01"})),
            ("POST", "/analytics/ingest/backfill") => {
                Some(json!({"integrationId": self.account, "from": "2026-02-01", "to": "2026-03-01"}))
            }
            ("PUT", "/analytics/alerts/rules") => Some(json!({"rules": []})),
            ("POST", "/analytics/annotations") => Some(json!({"date": "2026-03-01", "text": "A storm"})),
            ("POST", "/analytics/groups") | ("PUT", "/analytics/groups/{id}") => Some(json!({"name": "Food"})),
            ("POST", "/analytics/groups/{id}/pages") => Some(json!({"integrationIds": [self.account]})),
            ("POST", "/analytics/tags") => Some(json!({"type": "manual", "label": "Launch"})),
            ("PUT", "/analytics/tags/{id}") => Some(json!({"label": "Launch"})),
            ("POST", "/analytics/tags/{id}/rules") | ("PUT", "/analytics/tag-rules/{id}") => {
                Some(json!({"matchKind": "keyword", "pattern": "wreck"}))
            }
            ("POST", "/analytics/tags/dry-run") => {
                Some(json!({"tagId": self.tag, "rule": {"matchKind": "keyword", "pattern": "wreck"}}))
            }
            ("POST", "/analytics/stop-words") => Some(json!({"word": "tide"})),
            ("POST", "/analytics/tags/{id}/assign" | "/analytics/tags/{id}/unassign") => {
                Some(json!({"contentIds": [self.content]}))
            }
            ("POST", "/api-keys") => Some(json!({"name": "k", "scopes": ["posts:read"]})),
            ("POST", "/accounts") => Some(json!({"platform": "mastodon", "accessToken": "none"})),
            ("POST", "/accounts/sign-in") => {
                Some(json!({"platform": "mastodon", "identifier": "ana", "password": "none"}))
            }
            _ => None,
        };
        let method: Method = method.parse().expect("a method");
        client.call(method, &to, &[], body.map(|b| b.to_string()).as_deref()).await
    }
}

#[tokio::test]
async fn nobody_is_asked_to_sign_in() {
    let things = Furnished::new().await;
    let nobody = things.house.nobody();
    for (method, path, _) in ROUTES.iter().filter(|route| route.2 != Open) {
        let answer = things.call(&nobody, method, path).await.refused(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{method} {path}");
    }
}

#[tokio::test]
#[expect(clippy::match_same_arms, reason = "one line per kind of route, each with its own reason")]
async fn a_stranger_finds_nothing_of_ours() {
    let things = Furnished::new().await;
    let (stranger, _) = things.house.stranger().await;
    let ours =
        [&things.file, &things.upload, &things.account, &things.post, &things.publication, &things.key, &things.job];
    let organization = things.house.scope.organization_id.to_string();
    for (method, path, right) in ROUTES {
        let answer = match (*method, *path) {
            ("POST", "/media" | "/media/import" | "/media/uploads") => continue,
            ("POST" | "DELETE", "/session") | ("POST", "/accounts" | "/accounts/sign-in") => continue,
            ("POST", "/posts/bulk") => {
                let answer = things.call(&stranger, method, path).await.expect(207);
                assert_eq!(answer.at("/results/0/problem/findings/0/code"), "account_unknown");
                continue;
            }
            // What is named there is the stranger's own input.
            ("POST", "/posts") => {
                things.call(&stranger, method, path).await.refused(422, "invalid");
                continue;
            }
            ("POST", "/posts/validate") => {
                let answer = things.call(&stranger, method, path).await.expect(200);
                assert_eq!(answer.at("/findings/0/code"), "account_unknown");
                continue;
            }
            ("POST", "/report-schedules" | "/report-schedules/{id}/send") => {
                things.call(&stranger, method, path).await.refused(409, "mail_not_configured")
            }
            (
                "POST",
                "/analytics/ingest" | "/analytics/ingest/backfill" | "/analytics/tags/dry-run" | "/recurring-posts",
            ) => things.call(&stranger, method, path).await.refused(404, "not_found"),
            (_, path) if path.contains("{id}") => things.call(&stranger, method, path).await.refused(404, "not_found"),
            _ if *right == Instance => things.call(&stranger, method, path).await.refused(403, "forbidden"),
            _ => {
                let answer = things.call(&stranger, method, path).await;
                assert!((200..300).contains(&answer.status), "{method} {path}: {}", answer.text);
                answer
            }
        };
        assert!(!answer.text.contains(&organization), "{method} {path}: {}", answer.text);
        for id in ours {
            assert!(!answer.text.contains(id.as_str()), "{method} {path}: {}", answer.text);
        }
    }
    let owner = things.house.owner().await;
    assert_eq!(owner.get(&format!("/posts/{}", things.post)).await.expect(200).at("/status"), "scheduled");
}

#[tokio::test]
async fn a_key_without_the_scope_is_refused_and_one_with_it_is_not() {
    let things = Furnished::new().await;
    for scope in KeyScope::ALL {
        let others: Vec<_> = KeyScope::ALL.into_iter().filter(|other| *other != scope).collect();
        let (lacking, having) = (things.house.key(&others).await, things.house.key(&[scope]).await);
        for (method, path, _) in ROUTES.iter().filter(|route| route.2 == Scoped(scope)) {
            things.call(&lacking, method, path).await.refused(403, "forbidden");
            let answer = things.call(&having, method, path).await;
            assert!(!matches!(answer.status, 401 | 403), "{method} {path} with {scope}: {}", answer.text);
        }
    }
    let all = things.house.key(&KeyScope::ALL).await;
    for (method, path, _) in ROUTES.iter().filter(|route| matches!(route.2, Manage | Review | Instance)) {
        things.call(&all, method, path).await.refused(403, "forbidden");
    }
}

#[tokio::test]
async fn roles_are_held_to_the_matrix() {
    let things = Furnished::new().await;
    let house = &things.house;
    let reads = |right: Right| matches!(right, Open | Known | Scoped(PostsRead | MetricsRead));
    let viewer = house.member(MemberRole::Viewer).await;
    let editor = house.member(MemberRole::Editor).await;
    for (method, path, right) in ROUTES {
        let is_session = *path == "/session";
        if !reads(*right) {
            things.call(&viewer, method, path).await.refused(403, "forbidden");
        } else if !is_session {
            things.call(&viewer, method, path).await.expect(200);
        }
        if matches!(right, Manage | Review | Instance) {
            things.call(&editor, method, path).await.refused(403, "forbidden");
        }
    }
    let reviewer = house.member(MemberRole::Reviewer).await;
    things.call(&reviewer, "POST", "/posts/{id}/approve").await.expect(200);
    things.call(&reviewer, "POST", "/posts/{id}/publish-now").await.refused(403, "forbidden");
    let root = house.instance_admin().await;
    let queues = things.call(&root, "GET", "/jobs/stats").await.expect(200);
    let waiting = queues.json.as_array().expect("queues").iter().find(|q| q["queue"] == "publishing");
    assert_eq!(waiting.expect("publishing")["scheduled"], 1);
    assert!(root.get("/jobs").await.expect(200).text.contains(&things.job), "the instance's admin sees every job");
}
