-- The second layer of the approval: where reviews are required, plain SQL cannot bring a publication on its way, nor an
-- attempt to the point of no return, unless its post is approved exactly as it stands. After the row is written, so
-- that words changed by the same statement count.
CREATE FUNCTION publishing.guard_approval() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    post uuid;
BEGIN
    IF TG_TABLE_NAME = 'post_publications' THEN
        post := NEW.post_id;
    ELSE
        SELECT u.post_id INTO post FROM publishing.post_publications u
        WHERE u.organization_id = NEW.organization_id AND u.id = NEW.publication_id;
    END IF;
    IF NOT EXISTS (SELECT FROM identity.organizations o
                   WHERE o.organization_id = NEW.organization_id AND NOT o.review_required)
       AND publishing.is_approved(NEW.organization_id, post) IS NOT TRUE THEN
        RAISE EXCEPTION 'the post is not approved as it stands, and its organization requires reviews' USING ERRCODE = 'RK009';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION publishing.guard_approval() IS 'Refuses to let out what is not approved as it stands, where reviews are required (RK009).';

CREATE TRIGGER guard_approval_of_new AFTER INSERT ON publishing.post_publications FOR EACH ROW
    WHEN (NEW.status = 'publishing') EXECUTE FUNCTION publishing.guard_approval();
CREATE TRIGGER guard_approval AFTER UPDATE OF status ON publishing.post_publications FOR EACH ROW
    WHEN (NEW.status = 'publishing' AND OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION publishing.guard_approval();
CREATE TRIGGER guard_approval_of_new AFTER INSERT ON publishing.publication_attempts FOR EACH ROW
    WHEN (NEW.phase = 'sending') EXECUTE FUNCTION publishing.guard_approval();
CREATE TRIGGER guard_approval AFTER UPDATE OF phase ON publishing.publication_attempts FOR EACH ROW
    WHEN (NEW.phase = 'sending' AND OLD.phase IS DISTINCT FROM NEW.phase) EXECUTE FUNCTION publishing.guard_approval();

CREATE TRIGGER touch BEFORE UPDATE ON publishing.review_links FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
-- A deleted post takes its links along; its own deletion is on the log.
CREATE TRIGGER audit AFTER INSERT OR UPDATE ON publishing.review_links FOR EACH ROW EXECUTE FUNCTION governance.audit_row('post_id', 'used_at', 'revoked_at');
