DROP INDEX publishing.posts_parent_place_key;
DROP INDEX publishing.idx_posts_org_library;
