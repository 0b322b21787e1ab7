-- Posts go, with all their history.
DROP TABLE publishing.publication_attempts;
DROP TABLE publishing.post_publications;
DROP TABLE publishing.post_revisions;
DROP TABLE publishing.posts;
DROP TYPE publishing.change_source;
DROP TYPE publishing.error_class;
DROP TYPE publishing.attempt_phase;
DROP TYPE publishing.post_origin;
DROP TYPE publishing.post_format;
DROP TYPE publishing.content_type;
DROP TYPE publishing.editorial_state;
DROP TYPE publishing.post_outcome;
DROP TYPE publishing.publication_status;
DROP TYPE publishing.post_status;
