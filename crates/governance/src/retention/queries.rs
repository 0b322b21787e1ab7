//! The built-in times, and what must be true before a row leaves.

/// How an archive is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line, gzip.
    JsonLines,
    /// Comma-separated values with a heading, gzip. NULL is nothing between the commas, an empty text is `""`.
    Csv,
}

impl Format {
    /// As in `governance.archives.format`, and the ending of the file's name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl.gz",
            Self::Csv => "csv.gz",
        }
    }

    /// The other way.
    pub fn from_label(label: &str) -> Option<Self> {
        [Self::JsonLines, Self::Csv].into_iter().find(|format| format.label() == label)
    }
}

/// What is left of a row that others still refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tombstone {
    /// Which rows, as SQL over `t`.
    pub when: &'static str,
    /// The assignments of the update; `$2` is the present moment.
    pub set: &'static str,
}

/// One kind of row that is not kept for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// `schema.table`, as in `governance.retention_policies.entity`.
    pub entity: &'static str,
    /// The SQL expression of the moment that the days are counted from, over `t`.
    pub(crate) time: &'static str,
    /// What else a row must fulfil, as SQL over `t`.
    pub(crate) only: &'static str,
    /// Days kept when the organization has no policy of its own.
    pub keep_days: i32,
    /// The columns that with the organization name a row, as SQL over `t`.
    pub(crate) key: &'static [&'static str],
    /// Rows that stay as they are until rows that refer to them have left, as SQL over `t`.
    pub(crate) waits: &'static str,
    /// Rows that are reduced instead of deleted.
    pub(crate) tombstone: Option<Tombstone>,
    /// Whether the rows are deleted after they were archived. The audit log's stay: no run-time role may delete them.
    pub leaves: bool,
    /// How it is archived when the organization has no policy of its own.
    pub format: Format,
}

const fn rule(entity: &'static str, time: &'static str, only: &'static str, keep_days: i32) -> Rule {
    let (waits, format) = ("false", Format::JsonLines);
    Rule { entity, time, only, keep_days, key: &["id"], waits, tombstone: None, leaves: true, format }
}

impl Rule {
    const fn waiting(self, waits: &'static str) -> Self {
        Self { waits, ..self }
    }

    const fn reduced(self, when: &'static str, set: &'static str) -> Self {
        Self { tombstone: Some(Tombstone { when, set }), ..self }
    }

    /// Which rows become tombstones, as SQL over `t`.
    pub(crate) const fn stone(&self) -> &'static str {
        match self.tombstone {
            Some(tombstone) => tombstone.when,
            None => "false",
        }
    }

    /// The rule of a table.
    pub fn of(entity: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.entity == entity)
    }
}

/// The built-in times (the engagement specification §8, PUB-65). A table that is not named here is kept for ever.
/// Rows that refer to others stand before them, so that one run takes both.
pub const RULES: [Rule; 13] = [
    rule("engagement.competitive_mentions", "t.created_at", "true", 90),
    rule("learning.randomized_experiments", "t.created_at", "true", 92),
    rule("engagement.decisions", "t.created_at", "t.archived_at is null", 90)
        .waiting(
            "exists (select from learning.randomized_experiments x
                 where x.organization_id = t.organization_id and x.decision_id = t.id)",
        )
        // The keys of replies and escalations forbid to delete what they answer; a running experiment still counts.
        .reduced(
            "(exists (select from engagement.replies x
                 where x.organization_id = t.organization_id and x.decision_id = t.id)
             or exists (select from engagement.escalations x
                 where x.organization_id = t.organization_id and x.decision_id = t.id)
             or exists (select from learning.experiments x where x.organization_id = t.organization_id
                 and x.id = t.experiment_id and x.status in ('running', 'paused')))",
            "archived_at = $2, signals_json = case when jsonb_typeof(signals_json) = 'object' then coalesce((
                 select jsonb_object_agg(s.key, case jsonb_typeof(s.value) when 'number' then s.value
                     else jsonb_build_object('score', s.value -> 'score') end)
                 from jsonb_each(signals_json) s where jsonb_typeof(s.value) = 'number'
                     or jsonb_typeof(s.value) = 'object' and jsonb_typeof(s.value -> 'score') = 'number'), '{}')
                 else '{}' end",
        ),
    rule("engagement.posts", "t.detected_at", "t.archived_at is null", 90)
        // A mention would be deleted with its post by the key, and a decision that is still whole explains the post.
        .waiting(
            "(exists (select from engagement.competitive_mentions x
                 where x.organization_id = t.organization_id and x.post_id = t.id)
             or exists (select from engagement.decisions x
                 where x.organization_id = t.organization_id and x.post_id = t.id and x.archived_at is null))",
        )
        .reduced(
            "(exists (select from engagement.decisions x
                 where x.organization_id = t.organization_id and x.post_id = t.id)
             or exists (select from engagement.escalations x
                 where x.organization_id = t.organization_id and x.post_id = t.id))",
            "archived_at = $2, updated_at = $2, content = '[archived]',
             raw_metrics = case when jsonb_typeof(raw_metrics) = 'object' then coalesce((
                 select jsonb_object_agg(s.key, s.value) from jsonb_each(raw_metrics) s
                 where jsonb_typeof(s.value) = 'number'), '{}') end",
        ),
    Rule {
        format: Format::Csv,
        ..rule("engagement.kpi_metrics", "(t.date::timestamp at time zone 'UTC')", "true", 730)
    },
    // An open escalation has no end to count from.
    rule("engagement.escalations", "t.resolved_at", "t.status in ('resolved', 'dismissed')", 1095),
    Rule { leaves: false, key: &["id", "occurred_at"], ..rule("governance.audit_logs", "t.occurred_at", "true", 1095) },
    rule("learning.weight_adjustment_logs", "t.date", "true", 365),
    rule("learning.learning_events", "t.date", "true", 183),
    Rule {
        key: &["publication_id", "period", "recorded_at"],
        ..rule("analytics.publication_snapshots", "t.recorded_at", "true", 183)
    },
    // An attempt under way has no end yet; those of a publication that is still tried are its memory.
    rule("publishing.publication_attempts", "t.finished_at", "true", 90).waiting(
        "exists (select from publishing.post_publications x where x.organization_id = t.organization_id
             and x.id = t.publication_id and x.status in ('publishing', 'retrying'))",
    ),
    rule("accounts.account_events", "t.occurred_at", "true", 365),
    rule("analytics.ingest_errors", "t.created_at", "true", 90),
];
