DROP TRIGGER audit ON publishing.review_links;
DROP TRIGGER touch ON publishing.review_links;
DROP TRIGGER guard_approval ON publishing.publication_attempts;
DROP TRIGGER guard_approval_of_new ON publishing.publication_attempts;
DROP TRIGGER guard_approval ON publishing.post_publications;
DROP TRIGGER guard_approval_of_new ON publishing.post_publications;
DROP FUNCTION publishing.guard_approval();
