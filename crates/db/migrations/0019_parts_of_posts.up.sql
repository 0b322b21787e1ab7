-- Parts of threads and comments are posts of their own (parent_post_id); lists and calendars show whole posts.
-- The library's order, without what was put away and without parts.
CREATE INDEX idx_posts_org_library ON publishing.posts (organization_id, created_at DESC, id DESC)
    WHERE archived_at IS NULL AND parent_post_id IS NULL;
-- One part of a post at one place: two confirmations at the same moment must not make two.
CREATE UNIQUE INDEX posts_parent_place_key ON publishing.posts (organization_id, parent_post_id, sequence_no)
    WHERE parent_post_id IS NOT NULL;
