DROP TABLE publishing.recurring_occurrences;
DROP TABLE publishing.recurring_posts;
