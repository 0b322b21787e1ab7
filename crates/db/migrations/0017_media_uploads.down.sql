DROP INDEX publishing.idx_assets_deleted;
DROP INDEX publishing.idx_assets_library;
DROP TABLE publishing.media_uploads;
DROP TYPE publishing.upload_state;
