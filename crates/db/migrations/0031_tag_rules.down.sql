DROP INDEX analytics.idx_content_account_updated;
DROP TABLE analytics.retagging;
DROP TABLE analytics.stopwords;
DROP TABLE analytics.tag_rules;
DROP TYPE analytics.match_kind;
