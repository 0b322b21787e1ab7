-- The company, its strategy, pillars, series, brand rules and weekly summaries. The keys of posts to
-- their pillar, series, strategy and generation arrive with those tables.
CREATE SCHEMA strategy;
COMMENT ON SCHEMA strategy IS 'Profile, founders, AI strategies, pillars, series, brand rules, weekly summaries, generation.';
GRANT USAGE ON SCHEMA strategy TO rookery_api, rookery_worker;

CREATE TYPE strategy.startup_stage AS ENUM ('idea', 'pre_seed', 'seed', 'series_a', 'series_b', 'growth');
CREATE TYPE strategy.strategy_status AS ENUM ('proposed', 'active', 'archived', 'rejected');
CREATE TYPE strategy.change_origin AS ENUM ('ai', 'user', 'coach');
CREATE TYPE strategy.approval_mode AS ENUM ('auto', 'manual', 'conditional');
CREATE TYPE strategy.series_status AS ENUM ('active', 'completed', 'paused', 'cancelled');
CREATE TYPE strategy.series_cadence AS ENUM ('daily', 'weekly', 'biweekly', 'monthly');
CREATE TYPE strategy.finding_kind AS ENUM ('content', 'tone', 'legal', 'social', 'quality', 'pii');
CREATE TYPE strategy.finding_severity AS ENUM ('error', 'warning', 'info');
CREATE TYPE strategy.generation_kind AS ENUM ('strategy', 'strategy_compare', 'pillars', 'pillars_optimize', 'audience', 'brand_voice', 'guidelines', 'tone', 'safety_check', 'content', 'variations', 'weekly_summary', 'hashtags');
CREATE TYPE strategy.generation_status AS ENUM ('running', 'succeeded', 'failed', 'cached');
CREATE TYPE strategy.recommendation_status AS ENUM ('open', 'accepted', 'rejected', 'applied', 'superseded');

CREATE TABLE strategy.profiles (
    organization_id uuid NOT NULL,
    website_url varchar(2048),
    stage strategy.startup_stage,
    pricing text,
    description text,
    tagline varchar(255),
    category varchar(255),
    markets text[] NOT NULL DEFAULT '{}',
    languages text[] NOT NULL DEFAULT '{}',
    icp jsonb NOT NULL DEFAULT '{}',
    positioning jsonb NOT NULL DEFAULT '{}',
    goals jsonb NOT NULL DEFAULT '{}',
    constraints jsonb NOT NULL DEFAULT '{}',
    links jsonb NOT NULL DEFAULT '[]',
    intake_step smallint NOT NULL DEFAULT 0,
    intake_draft jsonb NOT NULL DEFAULT '{}',
    intake_completed_at timestamptz,
    website_snapshot jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT profiles_pkey PRIMARY KEY (organization_id),
    CONSTRAINT profiles_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE strategy.profiles IS 'What the organization is, for whom, and what it wants.';
COMMENT ON COLUMN strategy.profiles.organization_id IS 'The organization.';
COMMENT ON COLUMN strategy.profiles.website_url IS 'Address of the website.';
COMMENT ON COLUMN strategy.profiles.stage IS 'Stage of the company.';
COMMENT ON COLUMN strategy.profiles.pricing IS 'How the product is priced, e.g. freemium.';
COMMENT ON COLUMN strategy.profiles.description IS 'What the company does.';
COMMENT ON COLUMN strategy.profiles.tagline IS 'One line about it.';
COMMENT ON COLUMN strategy.profiles.category IS 'For example B2B SaaS.';
COMMENT ON COLUMN strategy.profiles.markets IS 'Region codes.';
COMMENT ON COLUMN strategy.profiles.languages IS 'Language codes; order = preference.';
COMMENT ON COLUMN strategy.profiles.icp IS 'Ideal customers: personas and segments.';
COMMENT ON COLUMN strategy.profiles.positioning IS 'What makes it different: differentiators, proof, competitors.';
COMMENT ON COLUMN strategy.profiles.goals IS 'Aims, target networks, frequency and KPIs.';
COMMENT ON COLUMN strategy.profiles.constraints IS 'Compliance limits, taboo topics.';
COMMENT ON COLUMN strategy.profiles.links IS 'Blog posts, case studies.';
COMMENT ON COLUMN strategy.profiles.intake_step IS 'Last step of the questions, 0 to 5.';
COMMENT ON COLUMN strategy.profiles.intake_draft IS 'Unsaved form state.';
COMMENT ON COLUMN strategy.profiles.intake_completed_at IS 'When the questions were answered.';
COMMENT ON COLUMN strategy.profiles.website_snapshot IS 'Text read from the website.';
COMMENT ON COLUMN strategy.profiles.created_at IS 'When the row was made.';
COMMENT ON COLUMN strategy.profiles.updated_at IS 'When the row last changed.';
ALTER TABLE strategy.profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE strategy.profiles FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON strategy.profiles
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_profiles_category ON strategy.profiles (category, created_at);

CREATE TABLE strategy.founders (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name varchar(255) NOT NULL,
    role varchar(255),
    email varchar(255),
    linkedin_url varchar(2048),
    twitter_handle varchar(255),
    bio text,
    image_url varchar(2048),
    is_primary boolean NOT NULL DEFAULT false,
    user_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT founders_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT founders_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT founders_user_fkey FOREIGN KEY (user_id) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE strategy.founders IS 'The people behind the company.';
COMMENT ON COLUMN strategy.founders.id IS 'Its id.';
COMMENT ON COLUMN strategy.founders.organization_id IS 'The organization.';
COMMENT ON COLUMN strategy.founders.name IS 'Name.';
COMMENT ON COLUMN strategy.founders.role IS 'For example CEO.';
COMMENT ON COLUMN strategy.founders.email IS 'Address.';
COMMENT ON COLUMN strategy.founders.linkedin_url IS 'Address of the LinkedIn profile.';
COMMENT ON COLUMN strategy.founders.twitter_handle IS 'Stored without @.';
COMMENT ON COLUMN strategy.founders.bio IS 'Who it is, in words.';
COMMENT ON COLUMN strategy.founders.image_url IS 'Address of a picture.';
COMMENT ON COLUMN strategy.founders.is_primary IS 'Voice of the company.';
COMMENT ON COLUMN strategy.founders.user_id IS 'If the founder also signs in.';
COMMENT ON COLUMN strategy.founders.created_at IS 'When the row was made.';
COMMENT ON COLUMN strategy.founders.updated_at IS 'When the row last changed.';
ALTER TABLE strategy.founders ENABLE ROW LEVEL SECURITY;
ALTER TABLE strategy.founders FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON strategy.founders
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_founders_org ON strategy.founders (organization_id);
CREATE UNIQUE INDEX idx_founders_primary ON strategy.founders (organization_id) WHERE is_primary;

CREATE TABLE strategy.generations (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    requested_by uuid,
    job_id uuid,
    kind strategy.generation_kind NOT NULL,
    status strategy.generation_status NOT NULL DEFAULT 'running',
    provider text NOT NULL,
    model text NOT NULL,
    prompt_template text NOT NULL,
    prompt_version integer NOT NULL,
    request jsonb NOT NULL DEFAULT '{}',
    request_hash bytea NOT NULL,
    response jsonb,
    raw_excerpt text,
    temperature numeric(3,2),
    input_tokens integer,
    output_tokens integer,
    cost_microcents bigint,
    latency_ms integer,
    attempts smallint NOT NULL DEFAULT 1,
    confidence numeric(4,3),
    error_code text,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CONSTRAINT generations_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT generations_confidence_check CHECK (confidence between 0 and 1),
    CONSTRAINT generations_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT generations_requested_by_fkey FOREIGN KEY (requested_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE strategy.generations IS 'One call of a language model, or a hit in the cache: attribution, cost, reproducibility.';
COMMENT ON COLUMN strategy.generations.id IS 'Its id.';
COMMENT ON COLUMN strategy.generations.organization_id IS 'The organization.';
COMMENT ON COLUMN strategy.generations.requested_by IS 'The person.';
COMMENT ON COLUMN strategy.generations.job_id IS 'The job; no foreign key, jobs are purged earlier.';
COMMENT ON COLUMN strategy.generations.kind IS 'What was asked for.';
COMMENT ON COLUMN strategy.generations.status IS 'How it ended.';
COMMENT ON COLUMN strategy.generations.provider IS 'openai, anthropic, openai_compatible or mock.';
COMMENT ON COLUMN strategy.generations.model IS 'As answered by the provider.';
COMMENT ON COLUMN strategy.generations.prompt_template IS 'Name of the template.';
COMMENT ON COLUMN strategy.generations.prompt_version IS 'Version of the template.';
COMMENT ON COLUMN strategy.generations.request IS 'Structured input without secrets; personal data as configured.';
COMMENT ON COLUMN strategy.generations.request_hash IS 'SHA-256 of the request, for the cache.';
COMMENT ON COLUMN strategy.generations.response IS 'Validated output.';
COMMENT ON COLUMN strategy.generations.raw_excerpt IS 'First 4,000 characters when validation failed.';
COMMENT ON COLUMN strategy.generations.temperature IS 'Sampling temperature.';
COMMENT ON COLUMN strategy.generations.input_tokens IS 'Tokens sent.';
COMMENT ON COLUMN strategy.generations.output_tokens IS 'Tokens received.';
COMMENT ON COLUMN strategy.generations.cost_microcents IS 'By configured price.';
COMMENT ON COLUMN strategy.generations.latency_ms IS 'Milliseconds until the answer was whole.';
COMMENT ON COLUMN strategy.generations.attempts IS 'Calls made, repairs and other providers included.';
COMMENT ON COLUMN strategy.generations.confidence IS 'Given by the model; NULL when it gave none.';
COMMENT ON COLUMN strategy.generations.error_code IS 'Why it failed.';
COMMENT ON COLUMN strategy.generations.created_at IS 'When the row was made.';
COMMENT ON COLUMN strategy.generations.finished_at IS 'End; NULL while it runs.';
ALTER TABLE strategy.generations ENABLE ROW LEVEL SECURITY;
ALTER TABLE strategy.generations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON strategy.generations
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_generations_org ON strategy.generations (organization_id, created_at DESC);
CREATE INDEX idx_generations_cache ON strategy.generations (request_hash, created_at DESC) WHERE status in ('succeeded','cached');
CREATE UNIQUE INDEX idx_generations_running ON strategy.generations (organization_id) WHERE kind = 'strategy' and status = 'running';

CREATE TABLE strategy.weekly_summaries (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    week_start date NOT NULL,
    week_end date NOT NULL,
    report_md text NOT NULL,
    recommendations jsonb,
    key_insights jsonb,
    facts jsonb NOT NULL DEFAULT '{}',
    total_posts integer NOT NULL DEFAULT 0,
    avg_engagement numeric(8,2),
    follower_delta integer,
    top_performer uuid,
    data_complete boolean NOT NULL DEFAULT true,
    accepted boolean NOT NULL DEFAULT false,
    accepted_at timestamptz,
    accepted_by uuid,
    generation_id uuid,
    generated_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT weekly_summaries_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT weekly_summaries_week_start_key UNIQUE (organization_id, week_start),
    CONSTRAINT weekly_summaries_week_start_check CHECK (week_end = week_start + 6),
    CONSTRAINT weekly_summaries_week_start_check2 CHECK (extract(isodow from week_start) = 1),
    CONSTRAINT weekly_summaries_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT weekly_summaries_top_performer_fkey FOREIGN KEY (organization_id, top_performer) REFERENCES publishing.posts (organization_id, id),
    CONSTRAINT weekly_summaries_accepted_by_fkey FOREIGN KEY (accepted_by) REFERENCES identity.users (id) ON DELETE SET NULL,
    CONSTRAINT weekly_summaries_generation_fkey FOREIGN KEY (organization_id, generation_id) REFERENCES strategy.generations (organization_id, id)
);
COMMENT ON TABLE strategy.weekly_summaries IS 'The weekly report with its facts.';
COMMENT ON COLUMN strategy.weekly_summaries.id IS 'Its id.';
COMMENT ON COLUMN strategy.weekly_summaries.organization_id IS 'The organization.';
COMMENT ON COLUMN strategy.weekly_summaries.week_start IS 'Monday, in the organization''s zone.';
COMMENT ON COLUMN strategy.weekly_summaries.week_end IS 'Sunday.';
COMMENT ON COLUMN strategy.weekly_summaries.report_md IS 'The report in Markdown.';
COMMENT ON COLUMN strategy.weekly_summaries.recommendations IS 'Copy of the proposal list as generated.';
COMMENT ON COLUMN strategy.weekly_summaries.key_insights IS 'What stands out, with its evidence.';
COMMENT ON COLUMN strategy.weekly_summaries.facts IS 'Computed numbers the report is built on.';
COMMENT ON COLUMN strategy.weekly_summaries.total_posts IS 'Published in the week.';
COMMENT ON COLUMN strategy.weekly_summaries.avg_engagement IS 'Mean engagement rate in percent.';
COMMENT ON COLUMN strategy.weekly_summaries.follower_delta IS 'Followers gained or lost in the week; NULL = not known.';
COMMENT ON COLUMN strategy.weekly_summaries.top_performer IS 'Best post.';
COMMENT ON COLUMN strategy.weekly_summaries.data_complete IS 'false when collection failed for an account.';
COMMENT ON COLUMN strategy.weekly_summaries.accepted IS 'Whether a person accepted it.';
COMMENT ON COLUMN strategy.weekly_summaries.accepted_at IS 'When.';
COMMENT ON COLUMN strategy.weekly_summaries.accepted_by IS 'Who.';
COMMENT ON COLUMN strategy.weekly_summaries.generation_id IS 'The call of the language model, if one took part.';
COMMENT ON COLUMN strategy.weekly_summaries.generated_by IS 'provider/model; NULL = numbers only.';
COMMENT ON COLUMN strategy.weekly_summaries.created_at IS 'When the row was made.';
COMMENT ON COLUMN strategy.weekly_summaries.updated_at IS 'When the row last changed.';
ALTER TABLE strategy.weekly_summaries ENABLE ROW LEVEL SECURITY;
ALTER TABLE strategy.weekly_summaries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON strategy.weekly_summaries
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_weekly_summaries_week ON strategy.weekly_summaries (organization_id, week_start DESC);
CREATE INDEX idx_weekly_summaries_open ON strategy.weekly_summaries (organization_id) WHERE not accepted;

CREATE TABLE strategy.ai_strategies (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    version integer NOT NULL DEFAULT 1,
    parent_id uuid,
    status strategy.strategy_status NOT NULL DEFAULT 'proposed',
    origin strategy.change_origin NOT NULL DEFAULT 'ai',
    positioning jsonb NOT NULL,
    audience_segments jsonb NOT NULL,
    content_pillars jsonb NOT NULL,
    channel_plan jsonb NOT NULL,
    cadence jsonb NOT NULL,
    calendar_skeleton jsonb NOT NULL,
    schema_version smallint NOT NULL DEFAULT 1,
    diff jsonb NOT NULL DEFAULT '[]',
    preferences jsonb NOT NULL DEFAULT '{}',
    generation_id uuid,
    generated_by text,
    confidence numeric(4,3),
    summary_id uuid,
    created_by uuid,
    accepted_by uuid,
    accepted_at timestamptz,
    rejected_reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ai_strategies_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT ai_strategies_version_key UNIQUE (organization_id, version),
    CONSTRAINT ai_strategies_version_check CHECK (version >= 1),
    CONSTRAINT ai_strategies_confidence_check CHECK (confidence between 0 and 1),
    CONSTRAINT ai_strategies_status_check CHECK (status <> 'active' or accepted_at is not null),
    CONSTRAINT ai_strategies_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT ai_strategies_parent_fkey FOREIGN KEY (organization_id, parent_id) REFERENCES strategy.ai_strategies (organization_id, id),
    CONSTRAINT ai_strategies_generation_fkey FOREIGN KEY (organization_id, generation_id) REFERENCES strategy.generations (organization_id, id),
    CONSTRAINT ai_strategies_summary_fkey FOREIGN KEY (organization_id, summary_id) REFERENCES strategy.weekly_summaries (organization_id, id),
    CONSTRAINT ai_strategies_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users (id) ON DELETE SET NULL,
    CONSTRAINT ai_strategies_accepted_by_fkey FOREIGN KEY (accepted_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE strategy.ai_strategies IS 'Versions of the strategy; content never changes, only the status.';
COMMENT ON COLUMN strategy.ai_strategies.id IS 'Its id.';
COMMENT ON COLUMN strategy.ai_strategies.organization_id IS 'The organization.';
COMMENT ON COLUMN strategy.ai_strategies.version IS '1, 2, 3 … per organization.';
COMMENT ON COLUMN strategy.ai_strategies.parent_id IS 'Version it was derived from.';
COMMENT ON COLUMN strategy.ai_strategies.status IS 'Proposed, in force or put away.';
COMMENT ON COLUMN strategy.ai_strategies.origin IS 'Made by AI, edited by a user, proposed by the coach.';
COMMENT ON COLUMN strategy.ai_strategies.positioning IS 'What the company stands for, against whom.';
COMMENT ON COLUMN strategy.ai_strategies.audience_segments IS 'Whom to speak to, with shares.';
COMMENT ON COLUMN strategy.ai_strategies.content_pillars IS 'Subjects with their shares, which add up to 100.';
COMMENT ON COLUMN strategy.ai_strategies.channel_plan IS 'What each network is for.';
COMMENT ON COLUMN strategy.ai_strategies.cadence IS 'Posts per week and network.';
COMMENT ON COLUMN strategy.ai_strategies.calendar_skeleton IS 'Thirteen weeks of themes and entries.';
COMMENT ON COLUMN strategy.ai_strategies.schema_version IS 'Version of the JSON structures.';
COMMENT ON COLUMN strategy.ai_strategies.diff IS 'JSON Patch against the parent.';
COMMENT ON COLUMN strategy.ai_strategies.preferences IS 'What was wished for: tone, networks, focus, brand safety.';
COMMENT ON COLUMN strategy.ai_strategies.generation_id IS 'The call of the language model.';
COMMENT ON COLUMN strategy.ai_strategies.generated_by IS 'provider/model.';
COMMENT ON COLUMN strategy.ai_strategies.confidence IS '0 to 1.';
COMMENT ON COLUMN strategy.ai_strategies.summary_id IS 'Weekly summary that led to it.';
COMMENT ON COLUMN strategy.ai_strategies.created_by IS 'The person who asked for it or edited it.';
COMMENT ON COLUMN strategy.ai_strategies.accepted_by IS 'The person who put it in force.';
COMMENT ON COLUMN strategy.ai_strategies.accepted_at IS 'When it was put in force.';
COMMENT ON COLUMN strategy.ai_strategies.rejected_reason IS 'Why not; the next generation is told.';
COMMENT ON COLUMN strategy.ai_strategies.created_at IS 'When the row was made.';
COMMENT ON COLUMN strategy.ai_strategies.updated_at IS 'When the row last changed.';
ALTER TABLE strategy.ai_strategies ENABLE ROW LEVEL SECURITY;
ALTER TABLE strategy.ai_strategies FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON strategy.ai_strategies
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_ai_strategies_org_status ON strategy.ai_strategies (organization_id, status);
CREATE UNIQUE INDEX idx_ai_strategies_active ON strategy.ai_strategies (organization_id) WHERE status = 'active';
CREATE INDEX idx_ai_strategies_org_version ON strategy.ai_strategies (organization_id, version DESC);

CREATE TABLE strategy.content_pillars (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    key text NOT NULL,
    name varchar(255) NOT NULL,
    description text,
    color varchar(7),
    emoji varchar(16),
    target_percent numeric(5,2),
    details jsonb NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL DEFAULT true,
    sort_order integer NOT NULL DEFAULT 0,
    review_required boolean,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT content_pillars_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT content_pillars_key_key UNIQUE (organization_id, key),
    CONSTRAINT content_pillars_target_percent_check CHECK (target_percent between 0 and 100),
    CONSTRAINT content_pillars_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE strategy.content_pillars IS 'Subjects that content is planned by.';
COMMENT ON COLUMN strategy.content_pillars.id IS 'Its id.';
COMMENT ON COLUMN strategy.content_pillars.organization_id IS 'The organization.';
COMMENT ON COLUMN strategy.content_pillars.key IS 'Stable short name, links to strategy JSON.';
COMMENT ON COLUMN strategy.content_pillars.name IS 'Name.';
COMMENT ON COLUMN strategy.content_pillars.description IS 'In words.';
COMMENT ON COLUMN strategy.content_pillars.color IS '#RRGGBB.';
COMMENT ON COLUMN strategy.content_pillars.emoji IS 'A sign for lists.';
COMMENT ON COLUMN strategy.content_pillars.target_percent IS 'Share from the active strategy.';
COMMENT ON COLUMN strategy.content_pillars.details IS 'Keywords, topics, examples (headlines, hooks), audience, expected engagement, difficulty, frequency.';
COMMENT ON COLUMN strategy.content_pillars.is_active IS 'false = retired; its posts keep it.';
COMMENT ON COLUMN strategy.content_pillars.sort_order IS 'Place in lists.';
COMMENT ON COLUMN strategy.content_pillars.review_required IS 'Gate for this pillar; NULL = organization default.';
COMMENT ON COLUMN strategy.content_pillars.created_at IS 'When the row was made.';
COMMENT ON COLUMN strategy.content_pillars.updated_at IS 'When the row last changed.';
ALTER TABLE strategy.content_pillars ENABLE ROW LEVEL SECURITY;
ALTER TABLE strategy.content_pillars FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON strategy.content_pillars
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_content_pillars_org ON strategy.content_pillars (organization_id, is_active, sort_order);

CREATE TABLE strategy.series (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    pillar_id uuid,
    name varchar(255) NOT NULL,
    description text,
    platform accounts.platform NOT NULL,
    cadence strategy.series_cadence NOT NULL DEFAULT 'weekly',
    total_posts integer NOT NULL,
    published_posts integer NOT NULL DEFAULT 0,
    status strategy.series_status NOT NULL DEFAULT 'active',
    start_date date,
    end_date date,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT series_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT series_total_posts_check CHECK (total_posts between 1 and 365),
    CONSTRAINT series_start_date_check CHECK (end_date is null or start_date is null or end_date >= start_date),
    CONSTRAINT series_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT series_pillar_fkey FOREIGN KEY (organization_id, pillar_id) REFERENCES strategy.content_pillars (organization_id, id)
);
COMMENT ON TABLE strategy.series IS 'Numbered series of posts.';
COMMENT ON COLUMN strategy.series.id IS 'Its id.';
COMMENT ON COLUMN strategy.series.organization_id IS 'The organization.';
COMMENT ON COLUMN strategy.series.pillar_id IS 'Its pillar.';
COMMENT ON COLUMN strategy.series.name IS 'Name.';
COMMENT ON COLUMN strategy.series.description IS 'In words.';
COMMENT ON COLUMN strategy.series.platform IS 'The network.';
COMMENT ON COLUMN strategy.series.cadence IS 'How often a part comes.';
COMMENT ON COLUMN strategy.series.total_posts IS 'Planned length.';
COMMENT ON COLUMN strategy.series.published_posts IS 'Parts that are out, kept by the operation that publishes one.';
COMMENT ON COLUMN strategy.series.status IS 'Whether it goes on.';
COMMENT ON COLUMN strategy.series.start_date IS 'First day.';
COMMENT ON COLUMN strategy.series.end_date IS 'Last day.';
COMMENT ON COLUMN strategy.series.created_at IS 'When the row was made.';
COMMENT ON COLUMN strategy.series.updated_at IS 'When the row last changed.';
ALTER TABLE strategy.series ENABLE ROW LEVEL SECURITY;
ALTER TABLE strategy.series FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON strategy.series
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_series_org_status ON strategy.series (organization_id, status);
CREATE INDEX idx_series_platform ON strategy.series (platform, status);

CREATE TABLE strategy.content_variants (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    generation_id uuid NOT NULL,
    post_id uuid,
    variant_no smallint NOT NULL,
    content jsonb NOT NULL,
    differentiator text,
    confidence numeric(4,3),
    scores jsonb NOT NULL DEFAULT '{}',
    chosen boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT content_variants_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT content_variants_generation_id_variant_no_key UNIQUE (organization_id, generation_id, variant_no),
    CONSTRAINT content_variants_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT content_variants_generation_fkey FOREIGN KEY (organization_id, generation_id) REFERENCES strategy.generations (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT content_variants_post_fkey FOREIGN KEY (organization_id, post_id) REFERENCES publishing.posts (organization_id, id)
);
COMMENT ON TABLE strategy.content_variants IS 'Alternatives of one generation.';
COMMENT ON COLUMN strategy.content_variants.id IS 'Its id.';
COMMENT ON COLUMN strategy.content_variants.organization_id IS 'The organization.';
COMMENT ON COLUMN strategy.content_variants.generation_id IS 'The call that made it.';
COMMENT ON COLUMN strategy.content_variants.post_id IS 'The post whose variant it is, or which it became.';
COMMENT ON COLUMN strategy.content_variants.variant_no IS '1 = the main one.';
COMMENT ON COLUMN strategy.content_variants.content IS 'Title, body, hook, cta, hashtags[], mentions[].';
COMMENT ON COLUMN strategy.content_variants.differentiator IS 'How it differs.';
COMMENT ON COLUMN strategy.content_variants.confidence IS 'As given by the model, 0 to 1; NULL when it gave none.';
COMMENT ON COLUMN strategy.content_variants.scores IS 'Engagement, conversion, search, readability, brand safety.';
COMMENT ON COLUMN strategy.content_variants.chosen IS 'A person took this one.';
COMMENT ON COLUMN strategy.content_variants.created_at IS 'When the row was made.';
ALTER TABLE strategy.content_variants ENABLE ROW LEVEL SECURITY;
ALTER TABLE strategy.content_variants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON strategy.content_variants
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_variants_post ON strategy.content_variants (organization_id, post_id) WHERE post_id is not null;

CREATE TABLE strategy.brand_rules (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    tone text,
    voice text,
    allowed_phrases text[] NOT NULL DEFAULT '{}',
    forbidden_phrases text[] NOT NULL DEFAULT '{}',
    allowed_hashtags text[] NOT NULL DEFAULT '{}',
    forbidden_hashtags text[] NOT NULL DEFAULT '{}',
    forbidden_topics text[] NOT NULL DEFAULT '{}',
    claims_to_avoid text[] NOT NULL DEFAULT '{}',
    required_disclosures text[] NOT NULL DEFAULT '{}',
    compliance_notes text,
    legal_disclaimer text,
    disclaimer_when text NOT NULL DEFAULT 'never',
    platform_rules jsonb NOT NULL DEFAULT '{}',
    quality_rules jsonb NOT NULL DEFAULT '{"min_readability": 60, "max_sentence_words": 25}',
    severity jsonb NOT NULL DEFAULT '{"content": "error", "tone": "warning", "legal": "error", "social": "warning", "quality": "info", "pii": "error"}',
    approval_mode strategy.approval_mode NOT NULL DEFAULT 'manual',
    auto_approval_rules jsonb,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT brand_rules_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT brand_rules_organization_key UNIQUE (organization_id),
    CONSTRAINT brand_rules_disclaimer_when_check CHECK (disclaimer_when in ('never','claims','always')),
    CONSTRAINT brand_rules_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE strategy.brand_rules IS 'Tone, words, claims and disclosures; one row per organization.';
COMMENT ON COLUMN strategy.brand_rules.id IS 'Its id.';
COMMENT ON COLUMN strategy.brand_rules.organization_id IS 'The organization.';
COMMENT ON COLUMN strategy.brand_rules.tone IS 'professional, casual, friendly, authoritative, playful, technical, or own words.';
COMMENT ON COLUMN strategy.brand_rules.voice IS 'The voice in words.';
COMMENT ON COLUMN strategy.brand_rules.allowed_phrases IS 'To be encouraged.';
COMMENT ON COLUMN strategy.brand_rules.forbidden_phrases IS 'Phrases that are an error.';
COMMENT ON COLUMN strategy.brand_rules.allowed_hashtags IS 'If not empty, others are a warning.';
COMMENT ON COLUMN strategy.brand_rules.forbidden_hashtags IS 'Hashtags that are an error, without #.';
COMMENT ON COLUMN strategy.brand_rules.forbidden_topics IS 'Subjects to keep away from.';
COMMENT ON COLUMN strategy.brand_rules.claims_to_avoid IS 'Performance claims.';
COMMENT ON COLUMN strategy.brand_rules.required_disclosures IS 'Texts that must appear when they apply.';
COMMENT ON COLUMN strategy.brand_rules.compliance_notes IS 'What reviewers should know.';
COMMENT ON COLUMN strategy.brand_rules.legal_disclaimer IS 'Must appear when triggered.';
COMMENT ON COLUMN strategy.brand_rules.disclaimer_when IS 'never, claims or always.';
COMMENT ON COLUMN strategy.brand_rules.platform_rules IS 'Per platform: max length, required and forbidden hashtags, special wishes.';
COMMENT ON COLUMN strategy.brand_rules.quality_rules IS 'Readability and sentence length.';
COMMENT ON COLUMN strategy.brand_rules.severity IS 'How bad a finding of each kind is.';
COMMENT ON COLUMN strategy.brand_rules.approval_mode IS 'Who approves.';
COMMENT ON COLUMN strategy.brand_rules.auto_approval_rules IS 'Conditions of automatic approval.';
COMMENT ON COLUMN strategy.brand_rules.version IS 'Raised by each change.';
COMMENT ON COLUMN strategy.brand_rules.created_at IS 'When the row was made.';
COMMENT ON COLUMN strategy.brand_rules.updated_at IS 'When the row last changed.';
ALTER TABLE strategy.brand_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE strategy.brand_rules FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON strategy.brand_rules
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE TABLE strategy.brand_checks (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    post_id uuid,
    post_revision integer,
    content_hash bytea NOT NULL,
    rules_version integer NOT NULL,
    passed boolean NOT NULL,
    score smallint NOT NULL,
    compliance jsonb NOT NULL,
    findings jsonb NOT NULL DEFAULT '[]',
    suggestions jsonb NOT NULL DEFAULT '[]',
    auto_approval_eligible boolean NOT NULL DEFAULT false,
    llm_used boolean NOT NULL DEFAULT false,
    generation_id uuid,
    confidence numeric(4,3),
    duration_ms integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT brand_checks_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT brand_checks_score_check CHECK (score between 0 and 100),
    CONSTRAINT brand_checks_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT brand_checks_post_fkey FOREIGN KEY (organization_id, post_id) REFERENCES publishing.posts (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT brand_checks_generation_fkey FOREIGN KEY (organization_id, generation_id) REFERENCES strategy.generations (organization_id, id)
);
COMMENT ON TABLE strategy.brand_checks IS 'A check of a text against the brand rules.';
COMMENT ON COLUMN strategy.brand_checks.id IS 'Its id.';
COMMENT ON COLUMN strategy.brand_checks.organization_id IS 'The organization.';
COMMENT ON COLUMN strategy.brand_checks.post_id IS 'The post; NULL for a check of free text.';
COMMENT ON COLUMN strategy.brand_checks.post_revision IS 'The revision that was checked.';
COMMENT ON COLUMN strategy.brand_checks.content_hash IS 'SHA-256 of text, hashtags and network.';
COMMENT ON COLUMN strategy.brand_checks.rules_version IS 'Version of the rules.';
COMMENT ON COLUMN strategy.brand_checks.passed IS 'No error.';
COMMENT ON COLUMN strategy.brand_checks.score IS '0 to 100.';
COMMENT ON COLUMN strategy.brand_checks.compliance IS 'Legal, brand, platform, quality, privacy: true/false.';
COMMENT ON COLUMN strategy.brand_checks.findings IS 'Kind, severity, rule id, message, suggestion, start, end, text.';
COMMENT ON COLUMN strategy.brand_checks.suggestions IS 'Improvement, alternative, addition.';
COMMENT ON COLUMN strategy.brand_checks.auto_approval_eligible IS 'May be approved without a person.';
COMMENT ON COLUMN strategy.brand_checks.llm_used IS 'A language model took part.';
COMMENT ON COLUMN strategy.brand_checks.generation_id IS 'The call of the language model, if one took part.';
COMMENT ON COLUMN strategy.brand_checks.confidence IS 'As given by the model, 0 to 1; NULL when it gave none.';
COMMENT ON COLUMN strategy.brand_checks.duration_ms IS 'Milliseconds.';
COMMENT ON COLUMN strategy.brand_checks.created_at IS 'When the row was made.';
ALTER TABLE strategy.brand_checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE strategy.brand_checks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON strategy.brand_checks
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_brand_checks_post ON strategy.brand_checks (organization_id, post_id, created_at DESC);
CREATE INDEX idx_brand_checks_hash ON strategy.brand_checks (organization_id, content_hash, rules_version);

CREATE TABLE strategy.recommendations (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    summary_id uuid NOT NULL,
    area text NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    rationale text NOT NULL,
    evidence jsonb NOT NULL DEFAULT '[]',
    patch jsonb,
    expected_effect text,
    confidence numeric(4,3),
    status strategy.recommendation_status NOT NULL DEFAULT 'open',
    decided_by uuid,
    decided_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT recommendations_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT recommendations_kind_check CHECK (kind in ('strategy_change','content_pivot')),
    CONSTRAINT recommendations_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT recommendations_summary_fkey FOREIGN KEY (organization_id, summary_id) REFERENCES strategy.weekly_summaries (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT recommendations_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE strategy.recommendations IS 'Proposals of a weekly summary.';
COMMENT ON COLUMN strategy.recommendations.id IS 'Its id.';
COMMENT ON COLUMN strategy.recommendations.organization_id IS 'The organization.';
COMMENT ON COLUMN strategy.recommendations.summary_id IS 'The weekly summary.';
COMMENT ON COLUMN strategy.recommendations.area IS 'hook, format, cadence, cta, pillar_mix, channel_mix, timing or brand.';
COMMENT ON COLUMN strategy.recommendations.kind IS 'strategy_change or content_pivot.';
COMMENT ON COLUMN strategy.recommendations.title IS 'What to do.';
COMMENT ON COLUMN strategy.recommendations.rationale IS 'Must name numbers from facts.';
COMMENT ON COLUMN strategy.recommendations.evidence IS 'Post ids and values.';
COMMENT ON COLUMN strategy.recommendations.patch IS 'JSON Patch on the active strategy.';
COMMENT ON COLUMN strategy.recommendations.expected_effect IS 'What it should bring.';
COMMENT ON COLUMN strategy.recommendations.confidence IS 'How sure, 0 to 1.';
COMMENT ON COLUMN strategy.recommendations.status IS 'What became of it.';
COMMENT ON COLUMN strategy.recommendations.decided_by IS 'The person.';
COMMENT ON COLUMN strategy.recommendations.decided_at IS 'When.';
COMMENT ON COLUMN strategy.recommendations.created_at IS 'When the row was made.';
ALTER TABLE strategy.recommendations ENABLE ROW LEVEL SECURITY;
ALTER TABLE strategy.recommendations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON strategy.recommendations
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_recommendations_summary ON strategy.recommendations (organization_id, summary_id);
CREATE INDEX idx_recommendations_open ON strategy.recommendations (organization_id, created_at DESC) WHERE status = 'open';

CREATE TABLE strategy.llm_settings (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    provider text NOT NULL,
    base_url text,
    model text NOT NULL,
    api_key_enc bytea,
    key_id smallint,
    rank smallint NOT NULL DEFAULT 1,
    price_input_microcents bigint,
    price_output_microcents bigint,
    monthly_budget_cents integer,
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT llm_settings_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT llm_settings_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE strategy.llm_settings IS 'Language models of an organization; those of the instance are in its configuration.';
COMMENT ON COLUMN strategy.llm_settings.id IS 'Its id.';
COMMENT ON COLUMN strategy.llm_settings.organization_id IS 'The organization.';
COMMENT ON COLUMN strategy.llm_settings.provider IS 'openai, anthropic, openai_compatible or mock.';
COMMENT ON COLUMN strategy.llm_settings.base_url IS 'For compatible endpoints.';
COMMENT ON COLUMN strategy.llm_settings.model IS 'Name of the model at the provider.';
COMMENT ON COLUMN strategy.llm_settings.api_key_enc IS 'The key, encrypted like tokens.';
COMMENT ON COLUMN strategy.llm_settings.key_id IS 'Which key of the ring encrypted it.';
COMMENT ON COLUMN strategy.llm_settings.rank IS 'Order in which providers are tried.';
COMMENT ON COLUMN strategy.llm_settings.price_input_microcents IS 'Per 1,000 tokens.';
COMMENT ON COLUMN strategy.llm_settings.price_output_microcents IS 'Per 1,000 tokens.';
COMMENT ON COLUMN strategy.llm_settings.monthly_budget_cents IS 'Calls stop here; NULL = no limit.';
COMMENT ON COLUMN strategy.llm_settings.enabled IS 'Whether it is asked.';
COMMENT ON COLUMN strategy.llm_settings.created_at IS 'When the row was made.';
COMMENT ON COLUMN strategy.llm_settings.updated_at IS 'When the row last changed.';
ALTER TABLE strategy.llm_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE strategy.llm_settings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON strategy.llm_settings
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE UNIQUE INDEX idx_llm_settings_scope ON strategy.llm_settings (organization_id, provider, model) NULLS NOT DISTINCT;

CREATE TABLE strategy.prompt_templates (
    name text NOT NULL,
    version integer NOT NULL,
    body text NOT NULL,
    output_schema jsonb NOT NULL,
    temperature numeric(3,2) NOT NULL,
    max_tokens integer NOT NULL,
    is_current boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT prompt_templates_pkey PRIMARY KEY (name, version)
);
COMMENT ON TABLE strategy.prompt_templates IS 'Instructions for language models, versioned.';
COMMENT ON COLUMN strategy.prompt_templates.name IS 'The task.';
COMMENT ON COLUMN strategy.prompt_templates.version IS '1, 2, 3 …';
COMMENT ON COLUMN strategy.prompt_templates.body IS 'With named placeholders.';
COMMENT ON COLUMN strategy.prompt_templates.output_schema IS 'JSON Schema of the answer.';
COMMENT ON COLUMN strategy.prompt_templates.temperature IS 'Sampling temperature.';
COMMENT ON COLUMN strategy.prompt_templates.max_tokens IS 'Longest answer, in tokens.';
COMMENT ON COLUMN strategy.prompt_templates.is_current IS 'The one in use; one per name.';
COMMENT ON COLUMN strategy.prompt_templates.created_at IS 'When the row was made.';
CREATE UNIQUE INDEX idx_prompt_templates_current ON strategy.prompt_templates (name) WHERE is_current;

ALTER TABLE publishing.posts ADD CONSTRAINT posts_pillar_fkey FOREIGN KEY (organization_id, pillar_id) REFERENCES strategy.content_pillars (organization_id, id);
ALTER TABLE publishing.posts ADD CONSTRAINT posts_series_fkey FOREIGN KEY (organization_id, series_id) REFERENCES strategy.series (organization_id, id);
ALTER TABLE publishing.posts ADD CONSTRAINT posts_strategy_fkey FOREIGN KEY (organization_id, strategy_id) REFERENCES strategy.ai_strategies (organization_id, id);
ALTER TABLE publishing.posts ADD CONSTRAINT posts_generation_fkey FOREIGN KEY (organization_id, generation_id) REFERENCES strategy.generations (organization_id, id);
CREATE UNIQUE INDEX idx_posts_series_sequence ON publishing.posts (organization_id, series_id, sequence_no) WHERE series_id IS NOT NULL AND sequence_no IS NOT NULL AND archived_at IS NULL;
CREATE INDEX idx_posts_strategy ON publishing.posts (organization_id, strategy_id) WHERE strategy_id IS NOT NULL;
CREATE INDEX idx_posts_generation ON publishing.posts (organization_id, generation_id) WHERE generation_id IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON strategy.profiles, strategy.founders, strategy.generations, strategy.weekly_summaries, strategy.ai_strategies, strategy.content_pillars, strategy.series, strategy.content_variants, strategy.brand_rules, strategy.brand_checks, strategy.recommendations, strategy.llm_settings TO rookery_api, rookery_worker;
GRANT SELECT ON strategy.prompt_templates TO rookery_api, rookery_worker;
