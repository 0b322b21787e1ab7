-- People who write about our subject, what they wrote, what we decided and answered. Where the founding
-- document restricts a deletion the key is NO ACTION: it is checked at the end of the statement, so that an
-- organization can still be removed as a whole.
CREATE SCHEMA engagement;
COMMENT ON SCHEMA engagement IS 'Authors, detected posts, decisions, replies, competitors, champions, escalations.';
GRANT USAGE ON SCHEMA engagement TO rookery_api, rookery_worker;

CREATE TYPE engagement.operational_mode AS ENUM ('helpful', 'engagement', 'hybrid', 'disengaged');
CREATE TYPE engagement.archetype AS ENUM ('checklist', 'mythbust', 'coach', 'storylet', 'humor_light', 'credibility_anchor', 'confident_recommender', 'problem_solution_direct');
CREATE TYPE engagement.power_tier AS ENUM ('micro', 'macro', 'mega');
CREATE TYPE engagement.approval_status AS ENUM ('pending', 'approved', 'rejected', 'auto_approved');
CREATE TYPE engagement.reply_type AS ENUM ('standard', 'competitive_positioning', 'myth_correction', 'karma_building');
CREATE TYPE engagement.delivery_status AS ENUM ('not_ready', 'queued', 'retry', 'posted', 'deleted', 'cancelled', 'blocked');
CREATE TYPE engagement.delete_reason AS ENUM ('self_correction', 'operator', 'moderator_removed', 'platform_removed', 'author_request');
CREATE TYPE engagement.competitor_category AS ENUM ('rehydration', 'hangover_pills', 'iv_therapy', 'home_remedy');
CREATE TYPE engagement.price_point AS ENUM ('low', 'mid', 'high');
CREATE TYPE engagement.sentiment AS ENUM ('positive', 'neutral', 'negative');
CREATE TYPE engagement.user_satisfaction AS ENUM ('satisfied', 'unsatisfied', 'questioning');
CREATE TYPE engagement.champion_tier AS ENUM ('bronze', 'silver', 'gold');
CREATE TYPE engagement.dm_response_status AS ENUM ('no_response', 'accepted', 'declined');
CREATE TYPE engagement.advocate_status AS ENUM ('potential', 'contacted', 'engaged', 'advocate', 'vip');
CREATE TYPE engagement.kpi_type AS ENUM ('commercial', 'love', 'safety');
CREATE TYPE engagement.escalation_reason AS ENUM ('safety_ambiguity', 'viral_thread', 'moderator_warning', 'backlash_spike', 'low_confidence', 'manual_flag');
CREATE TYPE engagement.escalation_priority AS ENUM ('critical', 'high', 'medium', 'low');
CREATE TYPE engagement.escalation_status AS ENUM ('pending', 'in_review', 'resolved', 'dismissed');

CREATE TABLE engagement.authors (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    platform accounts.platform NOT NULL,
    platform_id text NOT NULL,
    handle text NOT NULL,
    display_name text,
    follower_count integer NOT NULL DEFAULT 0,
    is_verified boolean NOT NULL DEFAULT false,
    is_power_user boolean NOT NULL DEFAULT false,
    power_tier engagement.power_tier,
    archetype_tags text[] NOT NULL DEFAULT '{}',
    relationship_score double precision NOT NULL DEFAULT 0.5,
    interaction_history jsonb NOT NULL DEFAULT '[]',
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    bio text,
    account_created_at timestamptz,
    account_kind text NOT NULL DEFAULT 'person',
    do_not_engage boolean NOT NULL DEFAULT false,
    do_not_engage_reason text,
    dm_opt_out boolean NOT NULL DEFAULT false,
    power_override boolean,
    erased_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT authors_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT authors_platform_platform_id_key UNIQUE (organization_id, platform, platform_id),
    CONSTRAINT authors_follower_count_check CHECK (follower_count BETWEEN 0 AND 1000000000),
    CONSTRAINT authors_relationship_score_check CHECK (relationship_score BETWEEN 0 AND 1),
    CONSTRAINT authors_interaction_history_check CHECK (jsonb_typeof(interaction_history) = 'array'),
    CONSTRAINT authors_account_kind_check CHECK (account_kind IN ('person', 'organization')),
    CONSTRAINT authors_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE engagement.authors IS 'Everyone whose post we have seen, and what we remember about them.';
COMMENT ON COLUMN engagement.authors.id IS 'Its id.';
COMMENT ON COLUMN engagement.authors.organization_id IS 'The organization.';
COMMENT ON COLUMN engagement.authors.platform IS 'The network.';
COMMENT ON COLUMN engagement.authors.platform_id IS 'The network''s stable id of the person.';
COMMENT ON COLUMN engagement.authors.handle IS 'Current public handle, without @ or u/; follows renames.';
COMMENT ON COLUMN engagement.authors.display_name IS 'Public name.';
COMMENT ON COLUMN engagement.authors.follower_count IS 'Followers when last seen.';
COMMENT ON COLUMN engagement.authors.is_verified IS 'The network''s badge.';
COMMENT ON COLUMN engagement.authors.is_power_user IS 'Reach far above the ordinary.';
COMMENT ON COLUMN engagement.authors.power_tier IS 'Size of the reach; NULL = not a power user.';
COMMENT ON COLUMN engagement.authors.archetype_tags IS 'What sort of author this is, for example healthcare_pro or comedian.';
COMMENT ON COLUMN engagement.authors.relationship_score IS 'Author relationship score (ARS), 0 to 1; 0.5 = unknown.';
COMMENT ON COLUMN engagement.authors.interaction_history IS 'Ordered events with their effect on the score; the newest 200.';
COMMENT ON COLUMN engagement.authors.first_seen_at IS 'First sighting.';
COMMENT ON COLUMN engagement.authors.last_seen_at IS 'Newest sighting.';
COMMENT ON COLUMN engagement.authors.bio IS 'Public description.';
COMMENT ON COLUMN engagement.authors.account_created_at IS 'Age of the account at the network.';
COMMENT ON COLUMN engagement.authors.account_kind IS 'person or organization; organizations are filtered.';
COMMENT ON COLUMN engagement.authors.do_not_engage IS 'Permanent silence.';
COMMENT ON COLUMN engagement.authors.do_not_engage_reason IS 'Why: block, report, opt-out, by hand.';
COMMENT ON COLUMN engagement.authors.dm_opt_out IS 'Never send a direct message again.';
COMMENT ON COLUMN engagement.authors.power_override IS 'An operator''s forced answer; NULL = computed.';
COMMENT ON COLUMN engagement.authors.erased_at IS 'When an erasure request was carried out.';
COMMENT ON COLUMN engagement.authors.created_at IS 'When the row was made.';
COMMENT ON COLUMN engagement.authors.updated_at IS 'When the row last changed.';
ALTER TABLE engagement.authors ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagement.authors FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON engagement.authors
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_authors_platform_handle ON engagement.authors (organization_id, platform, handle);
CREATE INDEX idx_authors_is_power_user ON engagement.authors (organization_id, is_power_user);

CREATE TABLE engagement.posts (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    platform accounts.platform NOT NULL,
    platform_post_id text NOT NULL,
    author_id uuid NOT NULL,
    content text NOT NULL,
    detected_at timestamptz NOT NULL DEFAULT now(),
    processed_at timestamptz,
    keyword_matches text[] NOT NULL DEFAULT '{}',
    keyword_categories text[] NOT NULL DEFAULT '{}',
    spam_filtered boolean NOT NULL DEFAULT false,
    raw_metrics jsonb,
    error_count integer NOT NULL DEFAULT 0,
    error_message text,
    posted_at timestamptz,
    community text,
    thread_id text,
    url text,
    next_attempt_at timestamptz,
    archived_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT posts_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT posts_platform_platform_post_id_key UNIQUE (organization_id, platform, platform_post_id),
    CONSTRAINT posts_content_check CHECK (char_length(content) BETWEEN 1 AND 5000),
    CONSTRAINT posts_keyword_matches_check CHECK (cardinality(keyword_matches) <= 50),
    CONSTRAINT posts_error_count_check CHECK (error_count >= 0),
    CONSTRAINT posts_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT posts_author_fkey FOREIGN KEY (organization_id, author_id) REFERENCES engagement.authors (organization_id, id)
);
COMMENT ON TABLE engagement.posts IS 'Posts of other people that we detected; also the queue of what is still to be analysed.';
COMMENT ON COLUMN engagement.posts.id IS 'Its id.';
COMMENT ON COLUMN engagement.posts.organization_id IS 'The organization.';
COMMENT ON COLUMN engagement.posts.platform IS 'The network.';
COMMENT ON COLUMN engagement.posts.platform_post_id IS 'Id at the network.';
COMMENT ON COLUMN engagement.posts.author_id IS 'Who wrote it.';
COMMENT ON COLUMN engagement.posts.content IS 'The text, NFKC-normalised, at most 5,000 characters.';
COMMENT ON COLUMN engagement.posts.detected_at IS 'When we saw it.';
COMMENT ON COLUMN engagement.posts.processed_at IS 'When it was analysed; NULL = still waiting.';
COMMENT ON COLUMN engagement.posts.keyword_matches IS 'Distinct matched terms, at most 50.';
COMMENT ON COLUMN engagement.posts.keyword_categories IS 'Distinct category codes of the matches.';
COMMENT ON COLUMN engagement.posts.spam_filtered IS 'Kept for the funnel''s numbers, never analysed.';
COMMENT ON COLUMN engagement.posts.raw_metrics IS 'Counts at detection; a missing count is unknown.';
COMMENT ON COLUMN engagement.posts.error_count IS 'Failed analyses.';
COMMENT ON COLUMN engagement.posts.error_message IS 'The last failure, without secrets.';
COMMENT ON COLUMN engagement.posts.posted_at IS 'When the author published it.';
COMMENT ON COLUMN engagement.posts.community IS 'Subreddit or the like.';
COMMENT ON COLUMN engagement.posts.thread_id IS 'The network''s conversation id.';
COMMENT ON COLUMN engagement.posts.url IS 'Link for the reviewer.';
COMMENT ON COLUMN engagement.posts.next_attempt_at IS 'When the analysis is tried again.';
COMMENT ON COLUMN engagement.posts.archived_at IS 'When retention removed the content.';
COMMENT ON COLUMN engagement.posts.created_at IS 'When the row was made.';
COMMENT ON COLUMN engagement.posts.updated_at IS 'When the row last changed.';
ALTER TABLE engagement.posts ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagement.posts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON engagement.posts
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_posts_processed_at ON engagement.posts (organization_id, processed_at);
CREATE INDEX idx_posts_platform_detected_at ON engagement.posts (organization_id, platform, detected_at);
CREATE INDEX idx_posts_author_id ON engagement.posts (organization_id, author_id);
CREATE INDEX idx_posts_keyword_matches_gin ON engagement.posts USING gin (keyword_matches);
CREATE INDEX idx_posts_waiting ON engagement.posts (detected_at) WHERE processed_at IS NULL AND NOT spam_filtered;
CREATE INDEX idx_posts_archivable ON engagement.posts (organization_id, detected_at) WHERE archived_at IS NULL;

CREATE TABLE engagement.decisions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    post_id uuid NOT NULL,
    sss_score double precision NOT NULL,
    ars_score double precision NOT NULL,
    evs_score double precision NOT NULL,
    trs_score double precision NOT NULL,
    composite_score double precision NOT NULL,
    mode engagement.operational_mode NOT NULL,
    archetype engagement.archetype,
    safety_flags text[] NOT NULL DEFAULT '{}',
    signals_json jsonb NOT NULL,
    temporal_context jsonb,
    competitor_detected text,
    is_power_user boolean NOT NULL DEFAULT false,
    experiment_id uuid,
    experiment_variant text,
    is_randomized_experiment boolean NOT NULL DEFAULT false,
    predicted_mode engagement.operational_mode,
    archived_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT decisions_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT decisions_sss_score_check CHECK (sss_score BETWEEN 0 AND 1),
    CONSTRAINT decisions_ars_score_check CHECK (ars_score BETWEEN 0 AND 1),
    CONSTRAINT decisions_evs_score_check CHECK (evs_score >= 0),
    CONSTRAINT decisions_trs_score_check CHECK (trs_score BETWEEN 0 AND 1),
    CONSTRAINT decisions_composite_score_check CHECK (composite_score BETWEEN 0 AND 1),
    CONSTRAINT decisions_experiment_variant_check CHECK (experiment_variant IN ('a', 'b')),
    CONSTRAINT decisions_is_randomized_experiment_check CHECK ((predicted_mode IS NOT NULL) = is_randomized_experiment),
    CONSTRAINT decisions_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT decisions_post_fkey FOREIGN KEY (organization_id, post_id) REFERENCES engagement.posts (organization_id, id)
);
COMMENT ON TABLE engagement.decisions IS 'One analysis of a detected post; the newest is current. Rows do not change, except that retention reduces them.';
COMMENT ON COLUMN engagement.decisions.id IS 'Its id.';
COMMENT ON COLUMN engagement.decisions.organization_id IS 'The organization.';
COMMENT ON COLUMN engagement.decisions.post_id IS 'The detected post.';
COMMENT ON COLUMN engagement.decisions.sss_score IS 'Solution-seeking score, 0 to 1.';
COMMENT ON COLUMN engagement.decisions.ars_score IS 'Author relationship score, 0 to 1.';
COMMENT ON COLUMN engagement.decisions.evs_score IS 'Engagement velocity, a ratio of 0 or more; 1 = ordinary.';
COMMENT ON COLUMN engagement.decisions.trs_score IS 'Topic relevance score, 0 to 1.';
COMMENT ON COLUMN engagement.decisions.composite_score IS 'Weighted sum of the four signals, 0 to 1.';
COMMENT ON COLUMN engagement.decisions.mode IS 'The mode that was used.';
COMMENT ON COLUMN engagement.decisions.archetype IS 'Shape of the reply; NULL when disengaged.';
COMMENT ON COLUMN engagement.decisions.safety_flags IS 'Category codes; any flag forces silence.';
COMMENT ON COLUMN engagement.decisions.signals_json IS 'The whole explanation of the decision.';
COMMENT ON COLUMN engagement.decisions.temporal_context IS 'Phase, rules and local time that were in force.';
COMMENT ON COLUMN engagement.decisions.competitor_detected IS 'Name of the competitor with the highest opportunity.';
COMMENT ON COLUMN engagement.decisions.is_power_user IS 'What the author was at that moment.';
COMMENT ON COLUMN engagement.decisions.experiment_id IS 'The experiment that took part.';
COMMENT ON COLUMN engagement.decisions.experiment_variant IS 'a or b.';
COMMENT ON COLUMN engagement.decisions.is_randomized_experiment IS 'The mode was drawn at random.';
COMMENT ON COLUMN engagement.decisions.predicted_mode IS 'The mode before it was drawn; only when drawn.';
COMMENT ON COLUMN engagement.decisions.archived_at IS 'When retention reduced the row.';
COMMENT ON COLUMN engagement.decisions.created_at IS 'When the row was made.';
ALTER TABLE engagement.decisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagement.decisions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON engagement.decisions
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_decisions_created_at ON engagement.decisions (organization_id, created_at);
CREATE INDEX idx_decisions_experiment_variant ON engagement.decisions (organization_id, experiment_variant);
CREATE INDEX idx_decisions_is_randomized_experiment ON engagement.decisions (organization_id, is_randomized_experiment);
CREATE INDEX idx_decisions_mode ON engagement.decisions (organization_id, mode);
CREATE INDEX idx_decisions_composite_score ON engagement.decisions (organization_id, composite_score);
CREATE INDEX idx_decisions_post_id ON engagement.decisions (organization_id, post_id);
CREATE INDEX idx_decisions_experiment_id ON engagement.decisions (organization_id, experiment_id);

CREATE TABLE engagement.replies (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    decision_id uuid NOT NULL,
    content text NOT NULL,
    archetype engagement.archetype NOT NULL,
    platform accounts.platform NOT NULL,
    platform_post_id text,
    utm_code text NOT NULL,
    help_count integer NOT NULL DEFAULT 0,
    approval_status engagement.approval_status NOT NULL DEFAULT 'pending',
    approved_by text,
    approved_at timestamptz,
    posted_at timestamptz,
    metrics_json jsonb,
    deleted_at timestamptz,
    delete_reason engagement.delete_reason,
    reply_type engagement.reply_type NOT NULL DEFAULT 'standard',
    delivery_status engagement.delivery_status NOT NULL DEFAULT 'not_ready',
    confidence double precision,
    has_product_mention boolean NOT NULL DEFAULT false,
    has_link boolean NOT NULL DEFAULT false,
    override_tag boolean NOT NULL DEFAULT false,
    reject_reason text,
    reject_notes text,
    cancel_reason text,
    publish_error text,
    publish_attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    idempotency_key text NOT NULL,
    parent_reply_id uuid,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT replies_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT replies_utm_code_key UNIQUE (organization_id, utm_code),
    CONSTRAINT replies_idempotency_key_key UNIQUE (organization_id, idempotency_key),
    CONSTRAINT replies_content_check CHECK (char_length(content) BETWEEN 10 AND 1000),
    CONSTRAINT replies_utm_code_check CHECK (utm_code ~ '^[a-z0-9_-]{1,64}$'),
    CONSTRAINT replies_help_count_check CHECK (help_count >= 0),
    CONSTRAINT replies_confidence_check CHECK (confidence BETWEEN 0 AND 1),
    CONSTRAINT replies_publish_attempts_check CHECK (publish_attempts >= 0),
    CONSTRAINT replies_version_check CHECK (version >= 1),
    CONSTRAINT replies_approval_has_approver_check CHECK (approval_status NOT IN ('approved', 'auto_approved') OR (approved_by IS NOT NULL AND approved_at IS NOT NULL)),
    CONSTRAINT replies_posted_has_id_check CHECK (delivery_status <> 'posted' OR (posted_at IS NOT NULL AND platform_post_id IS NOT NULL)),
    CONSTRAINT replies_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT replies_decision_fkey FOREIGN KEY (organization_id, decision_id) REFERENCES engagement.decisions (organization_id, id),
    CONSTRAINT replies_parent_reply_fkey FOREIGN KEY (organization_id, parent_reply_id) REFERENCES engagement.replies (organization_id, id)
);
COMMENT ON TABLE engagement.replies IS 'Our answers: drafted, approved by a person or a policy, delivered, measured.';
COMMENT ON COLUMN engagement.replies.id IS 'Its id.';
COMMENT ON COLUMN engagement.replies.organization_id IS 'The organization.';
COMMENT ON COLUMN engagement.replies.decision_id IS 'The decision that led to it.';
COMMENT ON COLUMN engagement.replies.content IS 'Final text including the signature.';
COMMENT ON COLUMN engagement.replies.archetype IS 'Its shape.';
COMMENT ON COLUMN engagement.replies.platform IS 'The network.';
COMMENT ON COLUMN engagement.replies.platform_post_id IS 'Id of our own post once it is out.';
COMMENT ON COLUMN engagement.replies.utm_code IS 'Code in the links, unique.';
COMMENT ON COLUMN engagement.replies.help_count IS 'The social-proof number when it was drafted.';
COMMENT ON COLUMN engagement.replies.approval_status IS 'Whether it may go out.';
COMMENT ON COLUMN engagement.replies.approved_by IS 'Id of the person, or system.';
COMMENT ON COLUMN engagement.replies.approved_at IS 'When.';
COMMENT ON COLUMN engagement.replies.posted_at IS 'When it went out.';
COMMENT ON COLUMN engagement.replies.metrics_json IS 'Outcomes over time.';
COMMENT ON COLUMN engagement.replies.deleted_at IS 'When it was removed, by us or by the network.';
COMMENT ON COLUMN engagement.replies.delete_reason IS 'Why.';
COMMENT ON COLUMN engagement.replies.reply_type IS 'What it is for.';
COMMENT ON COLUMN engagement.replies.delivery_status IS 'How far delivery got.';
COMMENT ON COLUMN engagement.replies.confidence IS 'The generator''s own confidence, 0 to 1.';
COMMENT ON COLUMN engagement.replies.has_product_mention IS 'Names the product.';
COMMENT ON COLUMN engagement.replies.has_link IS 'Has a link.';
COMMENT ON COLUMN engagement.replies.override_tag IS 'Deliberately firm: mild push-back does not delete it.';
COMMENT ON COLUMN engagement.replies.reject_reason IS 'safety, irrelevant, low_quality, stale, blocked or other.';
COMMENT ON COLUMN engagement.replies.reject_notes IS 'In words.';
COMMENT ON COLUMN engagement.replies.cancel_reason IS 'Why delivery was cancelled.';
COMMENT ON COLUMN engagement.replies.publish_error IS 'The last delivery error, without secrets.';
COMMENT ON COLUMN engagement.replies.publish_attempts IS 'Deliveries tried.';
COMMENT ON COLUMN engagement.replies.next_attempt_at IS 'The next try.';
COMMENT ON COLUMN engagement.replies.idempotency_key IS 'Guards against posting twice.';
COMMENT ON COLUMN engagement.replies.parent_reply_id IS 'The draft from which this one was regenerated.';
COMMENT ON COLUMN engagement.replies.version IS 'Optimistic lock.';
COMMENT ON COLUMN engagement.replies.created_at IS 'When the row was made.';
COMMENT ON COLUMN engagement.replies.updated_at IS 'When the row last changed.';
ALTER TABLE engagement.replies ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagement.replies FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON engagement.replies
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_replies_posted_at ON engagement.replies (organization_id, posted_at);
CREATE INDEX idx_replies_approval_status ON engagement.replies (organization_id, approval_status);
CREATE INDEX idx_replies_platform_posted_at ON engagement.replies (organization_id, platform, posted_at);
CREATE INDEX idx_replies_decision_id ON engagement.replies (organization_id, decision_id);
CREATE INDEX idx_replies_due ON engagement.replies (next_attempt_at) WHERE delivery_status IN ('queued', 'retry');

CREATE TABLE engagement.competitors (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL,
    category engagement.competitor_category NOT NULL,
    primary_mechanism text NOT NULL,
    price_point engagement.price_point NOT NULL,
    brand_keywords text[] NOT NULL DEFAULT '{}',
    ambiguous boolean NOT NULL DEFAULT false,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT competitors_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT competitors_name_key UNIQUE (organization_id, name),
    CONSTRAINT competitors_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE engagement.competitors IS 'Competing products and the words by which they are recognised.';
COMMENT ON COLUMN engagement.competitors.id IS 'Its id.';
COMMENT ON COLUMN engagement.competitors.organization_id IS 'The organization.';
COMMENT ON COLUMN engagement.competitors.name IS 'Name of the product.';
COMMENT ON COLUMN engagement.competitors.category IS 'Kind of product; the organization gives it a label of its own.';
COMMENT ON COLUMN engagement.competitors.primary_mechanism IS 'How it works, in a word.';
COMMENT ON COLUMN engagement.competitors.price_point IS 'Price class.';
COMMENT ON COLUMN engagement.competitors.brand_keywords IS 'Names and spellings.';
COMMENT ON COLUMN engagement.competitors.ambiguous IS 'The name is also an ordinary word and needs a product word nearby.';
COMMENT ON COLUMN engagement.competitors.active IS 'Is looked for.';
COMMENT ON COLUMN engagement.competitors.created_at IS 'When the row was made.';
COMMENT ON COLUMN engagement.competitors.updated_at IS 'When the row last changed.';
ALTER TABLE engagement.competitors ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagement.competitors FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON engagement.competitors
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE TABLE engagement.competitive_mentions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    post_id uuid NOT NULL,
    competitor_id uuid NOT NULL,
    sentiment engagement.sentiment NOT NULL,
    satisfaction engagement.user_satisfaction NOT NULL,
    opportunity_score double precision NOT NULL,
    replied boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT competitive_mentions_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT competitive_mentions_post_id_competitor_id_key UNIQUE (organization_id, post_id, competitor_id),
    CONSTRAINT competitive_mentions_opportunity_score_check CHECK (opportunity_score BETWEEN 0 AND 1),
    CONSTRAINT competitive_mentions_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT competitive_mentions_post_fkey FOREIGN KEY (organization_id, post_id) REFERENCES engagement.posts (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT competitive_mentions_competitor_fkey FOREIGN KEY (organization_id, competitor_id) REFERENCES engagement.competitors (organization_id, id)
);
COMMENT ON TABLE engagement.competitive_mentions IS 'A competitor named in a detected post.';
COMMENT ON COLUMN engagement.competitive_mentions.id IS 'Its id.';
COMMENT ON COLUMN engagement.competitive_mentions.organization_id IS 'The organization.';
COMMENT ON COLUMN engagement.competitive_mentions.post_id IS 'The detected post.';
COMMENT ON COLUMN engagement.competitive_mentions.competitor_id IS 'The competitor.';
COMMENT ON COLUMN engagement.competitive_mentions.sentiment IS 'Tone towards it.';
COMMENT ON COLUMN engagement.competitive_mentions.satisfaction IS 'Whether the author is content with it.';
COMMENT ON COLUMN engagement.competitive_mentions.opportunity_score IS 'How open the author is to an alternative, 0 to 1.';
COMMENT ON COLUMN engagement.competitive_mentions.replied IS 'We answered.';
COMMENT ON COLUMN engagement.competitive_mentions.created_at IS 'When the row was made.';
ALTER TABLE engagement.competitive_mentions ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagement.competitive_mentions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON engagement.competitive_mentions
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_competitive_mentions_competitor_id ON engagement.competitive_mentions (organization_id, competitor_id);
CREATE INDEX idx_competitive_mentions_created_at ON engagement.competitive_mentions (organization_id, created_at);

CREATE TABLE engagement.community_champions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    author_id uuid NOT NULL,
    tier engagement.champion_tier NOT NULL,
    engagement_count integer NOT NULL DEFAULT 0,
    dm_sent_at timestamptz,
    dm_response engagement.dm_response_status,
    sample_sent boolean NOT NULL DEFAULT false,
    converted boolean NOT NULL DEFAULT false,
    advocate_status engagement.advocate_status NOT NULL DEFAULT 'potential',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT community_champions_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT community_champions_author_id_key UNIQUE (organization_id, author_id),
    CONSTRAINT community_champions_engagement_count_check CHECK (engagement_count >= 0),
    CONSTRAINT community_champions_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT community_champions_author_fkey FOREIGN KEY (organization_id, author_id) REFERENCES engagement.authors (organization_id, id)
);
COMMENT ON TABLE engagement.community_champions IS 'Authors with at least three positive interactions in thirty days.';
COMMENT ON COLUMN engagement.community_champions.id IS 'Its id.';
COMMENT ON COLUMN engagement.community_champions.organization_id IS 'The organization.';
COMMENT ON COLUMN engagement.community_champions.author_id IS 'The author.';
COMMENT ON COLUMN engagement.community_champions.tier IS 'bronze from 3, silver from 6, gold from 11 positive interactions.';
COMMENT ON COLUMN engagement.community_champions.engagement_count IS 'Positive interactions.';
COMMENT ON COLUMN engagement.community_champions.dm_sent_at IS 'When a direct message was sent.';
COMMENT ON COLUMN engagement.community_champions.dm_response IS 'The answer; NULL = never asked.';
COMMENT ON COLUMN engagement.community_champions.sample_sent IS 'A sample was sent.';
COMMENT ON COLUMN engagement.community_champions.converted IS 'Bought.';
COMMENT ON COLUMN engagement.community_champions.advocate_status IS 'Stage of the relation.';
COMMENT ON COLUMN engagement.community_champions.created_at IS 'When the row was made.';
COMMENT ON COLUMN engagement.community_champions.updated_at IS 'When the row last changed.';
ALTER TABLE engagement.community_champions ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagement.community_champions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON engagement.community_champions
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_community_champions_tier ON engagement.community_champions (organization_id, tier);
CREATE INDEX idx_community_champions_advocate_status ON engagement.community_champions (organization_id, advocate_status);

CREATE TABLE engagement.kpi_metrics (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    date date NOT NULL,
    platform accounts.platform,
    metric_type engagement.kpi_type NOT NULL,
    metric_name text NOT NULL,
    value double precision NOT NULL,
    sample_size integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT kpi_metrics_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT kpi_metrics_date_platform_metric_type_metric_name_key UNIQUE NULLS NOT DISTINCT (organization_id, date, platform, metric_type, metric_name),
    CONSTRAINT kpi_metrics_sample_size_check CHECK (sample_size >= 0),
    CONSTRAINT kpi_metrics_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE engagement.kpi_metrics IS 'Daily figures of the engagement work per network and for all.';
COMMENT ON COLUMN engagement.kpi_metrics.id IS 'Its id.';
COMMENT ON COLUMN engagement.kpi_metrics.organization_id IS 'The organization.';
COMMENT ON COLUMN engagement.kpi_metrics.date IS 'Day in the organization''s zone.';
COMMENT ON COLUMN engagement.kpi_metrics.platform IS 'The network; NULL = all.';
COMMENT ON COLUMN engagement.kpi_metrics.metric_type IS 'Family.';
COMMENT ON COLUMN engagement.kpi_metrics.metric_name IS 'Name of the figure.';
COMMENT ON COLUMN engagement.kpi_metrics.value IS 'The value, in the unit of its definition.';
COMMENT ON COLUMN engagement.kpi_metrics.sample_size IS 'On how many items it stands.';
COMMENT ON COLUMN engagement.kpi_metrics.created_at IS 'When the row was made.';
COMMENT ON COLUMN engagement.kpi_metrics.updated_at IS 'When the row last changed.';
ALTER TABLE engagement.kpi_metrics ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagement.kpi_metrics FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON engagement.kpi_metrics
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_kpi_metrics_metric_type ON engagement.kpi_metrics (organization_id, metric_type, date);

CREATE TABLE engagement.escalations (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    post_id uuid,
    decision_id uuid,
    reply_id uuid,
    reason engagement.escalation_reason NOT NULL,
    priority engagement.escalation_priority NOT NULL DEFAULT 'medium',
    status engagement.escalation_status NOT NULL DEFAULT 'pending',
    assigned_to text,
    resolved_by text,
    resolution_notes text,
    resolved_at timestamptz,
    due_at timestamptz NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    reminded_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT escalations_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT escalations_has_subject_check CHECK (reason = 'manual_flag' OR post_id IS NOT NULL OR decision_id IS NOT NULL OR reply_id IS NOT NULL),
    CONSTRAINT escalations_resolved_has_time_check CHECK (status NOT IN ('resolved', 'dismissed') OR resolved_at IS NOT NULL),
    CONSTRAINT escalations_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT escalations_post_fkey FOREIGN KEY (organization_id, post_id) REFERENCES engagement.posts (organization_id, id),
    CONSTRAINT escalations_decision_fkey FOREIGN KEY (organization_id, decision_id) REFERENCES engagement.decisions (organization_id, id),
    CONSTRAINT escalations_reply_fkey FOREIGN KEY (organization_id, reply_id) REFERENCES engagement.replies (organization_id, id)
);
COMMENT ON TABLE engagement.escalations IS 'Work items for a person, with a reason, a priority and a deadline.';
COMMENT ON COLUMN engagement.escalations.id IS 'Its id.';
COMMENT ON COLUMN engagement.escalations.organization_id IS 'The organization.';
COMMENT ON COLUMN engagement.escalations.post_id IS 'The detected post.';
COMMENT ON COLUMN engagement.escalations.decision_id IS 'The decision.';
COMMENT ON COLUMN engagement.escalations.reply_id IS 'The reply.';
COMMENT ON COLUMN engagement.escalations.reason IS 'Why.';
COMMENT ON COLUMN engagement.escalations.priority IS 'How urgent.';
COMMENT ON COLUMN engagement.escalations.status IS 'How far.';
COMMENT ON COLUMN engagement.escalations.assigned_to IS 'Id of the person.';
COMMENT ON COLUMN engagement.escalations.resolved_by IS 'Id of the person.';
COMMENT ON COLUMN engagement.escalations.resolution_notes IS 'What was done.';
COMMENT ON COLUMN engagement.escalations.resolved_at IS 'When.';
COMMENT ON COLUMN engagement.escalations.due_at IS 'Deadline by priority.';
COMMENT ON COLUMN engagement.escalations.details IS 'What a person needs to decide.';
COMMENT ON COLUMN engagement.escalations.reminded_at IS 'Last reminder.';
COMMENT ON COLUMN engagement.escalations.created_at IS 'When the row was made.';
COMMENT ON COLUMN engagement.escalations.updated_at IS 'When the row last changed.';
ALTER TABLE engagement.escalations ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagement.escalations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON engagement.escalations
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_escalations_status_priority ON engagement.escalations (organization_id, status, priority);
CREATE INDEX idx_escalations_created_at ON engagement.escalations (organization_id, created_at);
CREATE INDEX idx_escalations_post_id ON engagement.escalations (organization_id, post_id);
CREATE INDEX idx_escalations_decision_id ON engagement.escalations (organization_id, decision_id);
CREATE INDEX idx_escalations_reply_id ON engagement.escalations (organization_id, reply_id);
CREATE UNIQUE INDEX idx_escalations_open ON engagement.escalations (organization_id, post_id, reason) WHERE status IN ('pending', 'in_review');

CREATE TABLE engagement.detection_runs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    platform accounts.platform NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    scanned integer NOT NULL DEFAULT 0,
    matched integer NOT NULL DEFAULT 0,
    spam integer NOT NULL DEFAULT 0,
    queued integer NOT NULL DEFAULT 0,
    duplicates integer NOT NULL DEFAULT 0,
    error text,
    CONSTRAINT detection_runs_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT detection_runs_scanned_check CHECK (scanned >= 0),
    CONSTRAINT detection_runs_matched_check CHECK (matched >= 0),
    CONSTRAINT detection_runs_spam_check CHECK (spam >= 0),
    CONSTRAINT detection_runs_queued_check CHECK (queued >= 0),
    CONSTRAINT detection_runs_duplicates_check CHECK (duplicates >= 0),
    CONSTRAINT detection_runs_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE engagement.detection_runs IS 'One poll of a network: the numbers of the funnel.';
COMMENT ON COLUMN engagement.detection_runs.id IS 'Its id.';
COMMENT ON COLUMN engagement.detection_runs.organization_id IS 'The organization.';
COMMENT ON COLUMN engagement.detection_runs.platform IS 'The network.';
COMMENT ON COLUMN engagement.detection_runs.started_at IS 'Begin.';
COMMENT ON COLUMN engagement.detection_runs.finished_at IS 'End; NULL while it runs.';
COMMENT ON COLUMN engagement.detection_runs.scanned IS 'Posts looked at.';
COMMENT ON COLUMN engagement.detection_runs.matched IS 'Posts with a keyword.';
COMMENT ON COLUMN engagement.detection_runs.spam IS 'Posts filtered as spam.';
COMMENT ON COLUMN engagement.detection_runs.queued IS 'Posts kept for analysis.';
COMMENT ON COLUMN engagement.detection_runs.duplicates IS 'Posts known already.';
COMMENT ON COLUMN engagement.detection_runs.error IS 'Why it ended early, without secrets.';
ALTER TABLE engagement.detection_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagement.detection_runs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON engagement.detection_runs
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_detection_runs_platform_started ON engagement.detection_runs (organization_id, platform, started_at DESC);

CREATE TABLE engagement.brand_settings (
    organization_id uuid NOT NULL,
    settings jsonb NOT NULL DEFAULT '{}',
    version integer NOT NULL DEFAULT 1,
    updated_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT brand_settings_pkey PRIMARY KEY (organization_id),
    CONSTRAINT brand_settings_version_check CHECK (version >= 1),
    CONSTRAINT brand_settings_settings_check CHECK (jsonb_typeof(settings) = 'object'),
    CONSTRAINT brand_settings_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE engagement.brand_settings IS 'The brand''s voice, claims, keywords and limits; one row per organization.';
COMMENT ON COLUMN engagement.brand_settings.organization_id IS 'The organization.';
COMMENT ON COLUMN engagement.brand_settings.settings IS 'The settings as one document.';
COMMENT ON COLUMN engagement.brand_settings.version IS 'Raised by each change.';
COMMENT ON COLUMN engagement.brand_settings.updated_by IS 'Id of the person.';
COMMENT ON COLUMN engagement.brand_settings.created_at IS 'When the row was made.';
COMMENT ON COLUMN engagement.brand_settings.updated_at IS 'When the row last changed.';
ALTER TABLE engagement.brand_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagement.brand_settings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON engagement.brand_settings
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE TABLE engagement.brand_settings_history (
    organization_id uuid NOT NULL,
    version integer NOT NULL,
    settings jsonb NOT NULL,
    changed_by text,
    approved_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT brand_settings_history_pkey PRIMARY KEY (organization_id, version),
    CONSTRAINT brand_settings_history_version_check CHECK (version >= 1),
    CONSTRAINT brand_settings_history_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE engagement.brand_settings_history IS 'Every version of the brand settings with the person who approved it.';
COMMENT ON COLUMN engagement.brand_settings_history.organization_id IS 'The organization.';
COMMENT ON COLUMN engagement.brand_settings_history.version IS '1, 2, 3 …';
COMMENT ON COLUMN engagement.brand_settings_history.settings IS 'The settings as they were.';
COMMENT ON COLUMN engagement.brand_settings_history.changed_by IS 'Who changed them.';
COMMENT ON COLUMN engagement.brand_settings_history.approved_by IS 'Who approved the claims in them.';
COMMENT ON COLUMN engagement.brand_settings_history.created_at IS 'When the row was made.';
ALTER TABLE engagement.brand_settings_history ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagement.brand_settings_history FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON engagement.brand_settings_history
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON engagement.authors, engagement.posts, engagement.decisions, engagement.replies, engagement.competitors, engagement.competitive_mentions, engagement.community_champions, engagement.kpi_metrics, engagement.escalations, engagement.detection_runs, engagement.brand_settings, engagement.brand_settings_history TO rookery_api, rookery_worker;
