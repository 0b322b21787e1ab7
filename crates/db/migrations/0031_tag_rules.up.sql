-- Rules by which content gets automatic tags, words that never become one, and how far tagging everything anew is.
CREATE TYPE analytics.match_kind AS ENUM ('keyword', 'phrase', 'hashtag', 'regex');

CREATE TABLE analytics.tag_rules (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    tag_type analytics.tag_type NOT NULL DEFAULT 'auto',
    match_kind analytics.match_kind NOT NULL,
    pattern varchar(200) NOT NULL,
    language varchar(8),
    is_exclusion boolean NOT NULL DEFAULT false,
    priority integer NOT NULL DEFAULT 100,
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tag_rules_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT tag_rules_pattern_key UNIQUE (organization_id, tag_id, match_kind, pattern),
    CONSTRAINT tag_rules_pattern_check CHECK (pattern <> ''),
    CONSTRAINT tag_rules_language_check CHECK (language ~ '^[a-z]{2,3}$'),
    CONSTRAINT tag_rules_priority_check CHECK (priority BETWEEN 1 AND 1000),
    CONSTRAINT tag_rules_automatic_check CHECK (tag_type = 'auto'),
    CONSTRAINT tag_rules_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT tag_rules_tag_fkey FOREIGN KEY (organization_id, tag_id, tag_type) REFERENCES analytics.tags (organization_id, id, type) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.tag_rules IS 'By what content gets, or never gets, an automatic tag: the first rule of a tag that matches decides.';
COMMENT ON COLUMN analytics.tag_rules.id IS 'Its id.';
COMMENT ON COLUMN analytics.tag_rules.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.tag_rules.tag_id IS 'The tag.';
COMMENT ON COLUMN analytics.tag_rules.tag_type IS 'Always automatic; the key holds the tag to it.';
COMMENT ON COLUMN analytics.tag_rules.match_kind IS 'A word, words in a row, a hashtag, or a regular expression.';
COMMENT ON COLUMN analytics.tag_rules.pattern IS 'What is looked for; words and hashtags in lower case, a hashtag without #.';
COMMENT ON COLUMN analytics.tag_rules.language IS 'Only content in this language (ISO 639); NULL is any.';
COMMENT ON COLUMN analytics.tag_rules.is_exclusion IS 'What matches does not get the tag, not even by its words or hashtags.';
COMMENT ON COLUMN analytics.tag_rules.priority IS '1 to 1000, the lowest is asked first; of equals an exclusion.';
COMMENT ON COLUMN analytics.tag_rules.enabled IS 'Whether it is asked at all.';
COMMENT ON COLUMN analytics.tag_rules.created_at IS 'When the row was made.';
COMMENT ON COLUMN analytics.tag_rules.updated_at IS 'When the row last changed.';
ALTER TABLE analytics.tag_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.tag_rules FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.tag_rules
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE TABLE analytics.stopwords (
    organization_id uuid NOT NULL,
    language varchar(8) NOT NULL,
    word varchar(50) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stopwords_pkey PRIMARY KEY (organization_id, language, word),
    CONSTRAINT stopwords_language_check CHECK (language ~ '^([a-z]{2,3}|\*)$'),
    CONSTRAINT stopwords_word_check CHECK (char_length(word) >= 2 AND word = lower(btrim(word))),
    CONSTRAINT stopwords_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.stopwords IS 'Words that an organization does not want as automatic tags, besides those of the language.';
COMMENT ON COLUMN analytics.stopwords.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.stopwords.language IS 'In texts of this language (ISO 639); * is any.';
COMMENT ON COLUMN analytics.stopwords.word IS 'The word, in lower case.';
COMMENT ON COLUMN analytics.stopwords.created_at IS 'When it was added.';
ALTER TABLE analytics.stopwords ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.stopwords FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.stopwords
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE TABLE analytics.retagging (
    organization_id uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    items_total integer NOT NULL DEFAULT 0,
    items_done integer NOT NULL DEFAULT 0,
    links_added bigint NOT NULL DEFAULT 0,
    links_removed bigint NOT NULL DEFAULT 0,
    run_id uuid,
    finished_at timestamptz,
    CONSTRAINT retagging_pkey PRIMARY KEY (organization_id),
    CONSTRAINT retagging_items_check CHECK (items_total >= 0 AND items_done >= 0),
    CONSTRAINT retagging_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.retagging IS 'How far tagging all content anew is, after rules, tags or stop words changed.';
COMMENT ON COLUMN analytics.retagging.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.retagging.requested_at IS 'The last change that asks for it; a change in the middle starts it over.';
COMMENT ON COLUMN analytics.retagging.position IS 'The last content done, by its short name; 0 is none.';
COMMENT ON COLUMN analytics.retagging.items_total IS 'Items at the start.';
COMMENT ON COLUMN analytics.retagging.items_done IS 'Items done.';
COMMENT ON COLUMN analytics.retagging.links_added IS 'Tags put on items.';
COMMENT ON COLUMN analytics.retagging.links_removed IS 'Tags taken off items.';
COMMENT ON COLUMN analytics.retagging.run_id IS 'Its row in the diary of runs.';
COMMENT ON COLUMN analytics.retagging.finished_at IS 'When it was through; NULL is waiting or at work.';
ALTER TABLE analytics.retagging ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.retagging FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.retagging
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

-- What changed on an account since it was last tagged.
CREATE INDEX idx_content_account_updated ON analytics.content (organization_id, integration_id, updated_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.tag_rules, analytics.stopwords, analytics.retagging TO rookery_api, rookery_worker;
