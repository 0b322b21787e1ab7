//! What an organization can take along of its posts, as statements.

use rookery_db::ExportTable;

/// The id before all others.
const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

/// Posts, their parts, words per account, publications, attempts, revisions, labels, files, approvals. Digests, tokens,
/// places in a storage and what networks answered word for word stay here.
pub const EXPORTS: &[ExportTable] = &[
    ExportTable {
        name: "posts",
        what: "Your posts, in the columns that an import reads, and where they stand",
        columns: &[
            "content",
            "accounts",
            "scheduled_at",
            "time_zone",
            "title",
            "link",
            "format",
            "labels",
            "media",
            "alt_texts",
            "follow_ups",
            "variants",
            "options",
            "expires_at",
            "id",
            "status",
            "outcome",
            "editorial_state",
            "origin",
            "author_user_id",
            "hashtags",
            "mentions",
            "published_at",
            "revision",
            "approved_revision",
            "error_message",
            "archived_at",
            "created_at",
            "updated_at",
        ],
        start: &[NO_ID],
        statement: "
            select array[x.id::text] as key, to_json(x)::text as row from (
                select p.content,
                       coalesce((select json_agg(distinct s.platform || ':' || s.username)
                                 from publishing.post_publications u
                                      join accounts.social_accounts s on s.organization_id = $1 and s.id = u.social_account_id
                                 where u.organization_id = $1 and u.post_id = p.id), '[]') as accounts,
                       p.scheduled_at, p.timezone as time_zone, p.title, p.metadata ->> 'link' as link, p.format,
                       coalesce(p.metadata -> 'labels', '[]') as labels,
                       coalesce((select json_agg(m.asset_id order by m.position) from publishing.media m
                                 where m.organization_id = $1 and m.post_id = p.id and m.asset_id is not null), '[]') as media,
                       coalesce((select case when bool_and(m.alt_text is null) then null
                                             else json_agg(coalesce(m.alt_text, '') order by m.position) end
                                 from publishing.media m
                                 where m.organization_id = $1 and m.post_id = p.id and m.asset_id is not null), '[]') as alt_texts,
                       p.metadata -> 'followUps' as follow_ups,
                       (select jsonb_object_agg(s.platform || ':' || s.username, u.content_override)
                        from publishing.post_publications u
                             join accounts.social_accounts s on s.organization_id = $1 and s.id = u.social_account_id
                        where u.organization_id = $1 and u.post_id = p.id and u.content_override is not null) as variants,
                       (select jsonb_object_agg(e.key, e.value) from jsonb_each(p.metadata) e
                        where e.key = any(enum_range(null::accounts.platform)::text[])) as options,
                       p.expires_at, p.id, p.status, p.outcome, p.editorial_state, p.origin, p.author_user_id, p.hashtags,
                       p.mentions, p.published_at, p.revision, p.approved_revision, p.error_message, p.archived_at,
                       p.created_at, p.updated_at
                from publishing.posts p
                where p.organization_id = $1 and p.id > ($2::text[])[1]::uuid and p.parent_post_id is null
                order by p.id limit $3) x order by x.id",
    },
    ExportTable {
        name: "parts",
        what: "Parts of threads and comments, as they were delivered",
        columns: &[
            "id",
            "post_id",
            "place",
            "format",
            "content",
            "delay_minutes",
            "status",
            "outcome",
            "published_at",
            "error_message",
            "created_at",
        ],
        start: &[NO_ID],
        statement: "
            select array[x.id::text] as key, to_json(x)::text as row from (
                select p.id, p.parent_post_id as post_id, p.sequence_no as place, p.format, p.content,
                       p.comment_delay_minutes as delay_minutes, p.status, p.outcome, p.published_at, p.error_message,
                       p.created_at
                from publishing.posts p
                where p.organization_id = $1 and p.id > ($2::text[])[1]::uuid and p.parent_post_id is not null
                order by p.id limit $3) x order by x.id",
    },
    ExportTable {
        name: "revisions",
        what: "Every saved version of every post",
        columns: &["id", "post_id", "revision", "source", "editor_user_id", "note", "snapshot", "created_at"],
        start: &[NO_ID],
        statement: "
            select array[x.id::text] as key, to_json(x)::text as row from (
                select r.id, r.post_id, r.revision, r.source, r.editor_user_id, r.note, r.snapshot, r.created_at
                from publishing.post_revisions r
                where r.organization_id = $1 and r.id > ($2::text[])[1]::uuid order by r.id limit $3) x order by x.id",
    },
    ExportTable {
        name: "variants",
        what: "Words that accounts have of their own",
        columns: &["publication_id", "post_id", "account_id", "account", "text", "title"],
        start: &[NO_ID],
        statement: "
            select array[x.publication_id::text] as key, to_json(x)::text as row from (
                select u.id as publication_id, u.post_id, u.social_account_id as account_id,
                       s.platform || ':' || s.username as account, u.content_override ->> 'text' as text,
                       u.content_override ->> 'title' as title
                from publishing.post_publications u
                     join accounts.social_accounts s on s.organization_id = $1 and s.id = u.social_account_id
                where u.organization_id = $1 and u.id > ($2::text[])[1]::uuid and u.content_override is not null
                order by u.id limit $3) x order by x.publication_id",
    },
    ExportTable {
        name: "publications",
        what: "Each post on each account: where it stands, its address, its latest numbers",
        columns: &[
            "id",
            "post_id",
            "account_id",
            "account",
            "platform",
            "status",
            "occurrence",
            "scheduled_for",
            "attempt_count",
            "last_attempt_at",
            "external_content_id",
            "url",
            "published_at",
            "failed_at",
            "error_class",
            "error_code",
            "error_message",
            "removed_at",
            "likes",
            "comments",
            "shares",
            "impressions",
            "reach",
            "last_synced_at",
            "created_at",
            "updated_at",
        ],
        start: &[NO_ID],
        statement: "
            select array[x.id::text] as key, to_json(x)::text as row from (
                select u.id, u.post_id, u.social_account_id as account_id, s.platform || ':' || s.username as account,
                       u.platform, u.status, u.occurrence, u.scheduled_for, u.attempt_count, u.last_attempt_at,
                       u.platform_post_id as external_content_id, u.platform_post_url as url, u.published_at, u.failed_at,
                       u.error_class, u.error_code, u.error_message, u.removed_at, u.likes_count as likes,
                       u.comments_count as comments, u.shares_count as shares, u.impressions_count as impressions,
                       u.reach_count as reach, u.last_synced_at, u.created_at, u.updated_at
                from publishing.post_publications u
                     join accounts.social_accounts s on s.organization_id = $1 and s.id = u.social_account_id
                where u.organization_id = $1 and u.id > ($2::text[])[1]::uuid order by u.id limit $3) x order by x.id",
    },
    ExportTable {
        name: "attempts",
        what: "Every try to deliver, with its phase and what went wrong",
        columns: &[
            "id",
            "publication_id",
            "attempt_no",
            "phase",
            "post_revision",
            "started_at",
            "sent_at",
            "finished_at",
            "http_status",
            "error_class",
            "error_code",
            "error_message",
            "retry_after_seconds",
        ],
        start: &[NO_ID],
        statement: "
            select array[x.id::text] as key, to_json(x)::text as row from (
                select a.id, a.publication_id, a.attempt_no, a.phase, a.post_revision, a.started_at, a.sent_at,
                       a.finished_at, a.http_status, a.error_class, a.error_code, a.error_message, a.retry_after_seconds
                from publishing.publication_attempts a
                where a.organization_id = $1 and a.id > ($2::text[])[1]::uuid order by a.id limit $3) x order by x.id",
    },
    ExportTable {
        name: "labels",
        what: "Which post has which label",
        columns: &["post_id", "label"],
        start: &[NO_ID],
        statement: "
            select array[x.post_id::text] as key, to_json(x)::text as row from (
                select p.id as post_id, l.label
                from (select id, metadata -> 'labels' as labels from publishing.posts
                      where organization_id = $1 and id > ($2::text[])[1]::uuid
                        and jsonb_typeof(metadata -> 'labels') = 'array' and metadata -> 'labels' <> '[]'
                      order by id limit $3) p
                     cross join jsonb_array_elements_text(p.labels) as l (label)) x order by x.post_id, x.label",
    },
    ExportTable {
        name: "media",
        what: "What is known about the files of your library; the files themselves are on the Media page",
        columns: &[
            "id",
            "type",
            "original_name",
            "mime_type",
            "file_size",
            "sha256",
            "width",
            "height",
            "duration_seconds",
            "title",
            "description",
            "alt_text",
            "tags",
            "status",
            "processing_state",
            "uploaded_by",
            "last_used_at",
            "deleted_at",
            "created_at",
        ],
        start: &[NO_ID],
        statement: "
            select array[x.id::text] as key, to_json(x)::text as row from (
                select a.id, a.type, a.original_name, a.mime_type, a.file_size, encode(a.sha256, 'hex') as sha256, a.width,
                       a.height, a.duration as duration_seconds, a.title, a.description, a.alt_text, a.tags, a.status,
                       a.processing_state, a.uploaded_by, a.last_used_at, a.deleted_at, a.created_at
                from publishing.media_assets a
                where a.organization_id = $1 and a.id > ($2::text[])[1]::uuid order by a.id limit $3) x order by x.id",
    },
    ExportTable {
        name: "reviews",
        what: "Requests for a judgement about a post",
        columns: &[
            "id",
            "post_id",
            "revision",
            "status",
            "priority",
            "submitted_by",
            "assigned_to",
            "due_at",
            "reason",
            "decided_at",
            "created_at",
        ],
        start: &[NO_ID],
        statement: "
            select array[x.id::text] as key, to_json(x)::text as row from (
                select r.id, r.post_id, r.revision, r.status, r.priority, r.submitted_by, r.assigned_to, r.due_at, r.reason,
                       r.decided_at, r.created_at
                from publishing.reviews r
                where r.organization_id = $1 and r.id > ($2::text[])[1]::uuid order by r.id limit $3) x order by x.id",
    },
    ExportTable {
        name: "decisions",
        what: "Approvals, rejections and comments of reviewers and clients",
        columns: &[
            "id",
            "review_id",
            "reviewer_id",
            "reviewer_name",
            "revision",
            "step",
            "action",
            "comment",
            "suggested_changes",
            "created_at",
        ],
        start: &[NO_ID],
        statement: "
            select array[x.id::text] as key, to_json(x)::text as row from (
                select d.id, d.review_id, d.reviewer_id, d.reviewer_name, d.revision, d.step, d.action, d.comment,
                       d.suggested_changes, d.created_at
                from publishing.review_decisions d
                where d.organization_id = $1 and d.id > ($2::text[])[1]::uuid order by d.id limit $3) x order by x.id",
    },
];
