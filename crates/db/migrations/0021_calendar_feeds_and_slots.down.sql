DROP TABLE publishing.posting_slots;
DROP TABLE publishing.calendar_feed_directory;
DROP TABLE publishing.calendar_feeds;
