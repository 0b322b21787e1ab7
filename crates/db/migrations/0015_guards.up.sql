-- Belts for people who use plain SQL: updated_at, the state machines, audit rows. The application does
-- all three itself in the same transaction and says so with app.audited = 'on'; a distributed
-- PostgreSQL, whose tables cannot have triggers, skips this file.
CREATE FUNCTION governance.touch_updated_at() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at AND NEW IS DISTINCT FROM OLD
       AND current_setting('app.audited', true) IS DISTINCT FROM 'on' THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION governance.touch_updated_at() IS 'Sets updated_at where plain SQL forgot it.';

-- The table of the publishing specification, §12.1, as pairs of states.
CREATE FUNCTION publishing.guard_publication_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF (OLD.status::text, NEW.status::text) NOT IN (
        ('draft', 'scheduled'), ('failed', 'scheduled'), ('cancelled', 'scheduled'), ('retrying', 'scheduled'),
        ('scheduled', 'retrying'), ('scheduled', 'publishing'), ('retrying', 'publishing'),
        ('publishing', 'published'), ('publishing', 'retrying'), ('publishing', 'failed'), ('publishing', 'scheduled'),
        ('publishing', 'cancelled'), ('draft', 'cancelled'), ('scheduled', 'cancelled'), ('retrying', 'cancelled'),
        ('scheduled', 'failed'), ('retrying', 'failed'), ('failed', 'published')
    ) THEN
        RAISE EXCEPTION 'a % publication cannot become %', OLD.status, NEW.status USING ERRCODE = 'RK001';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION publishing.guard_publication_status() IS 'Refuses transitions that the state machine does not have (RK001).';

CREATE FUNCTION accounts.guard_account_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF (OLD.status::text, NEW.status::text) NOT IN (
        ('pending', 'active'), ('pending', 'error'), ('pending', 'revoked'),
        ('active', 'expired'), ('active', 'revoked'), ('active', 'error'),
        ('expired', 'active'), ('expired', 'revoked'), ('expired', 'error'),
        ('error', 'active'), ('error', 'revoked'), ('error', 'expired'), ('revoked', 'active')
    ) THEN
        RAISE EXCEPTION 'a % account cannot become %', OLD.status, NEW.status USING ERRCODE = 'RK002';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION accounts.guard_account_status() IS 'Refuses status changes that PUB-11 does not have (RK002).';

-- What the server measures itself, call by call, is no change that somebody made. account_events holds the
-- course of an account's health.
CREATE FUNCTION governance.unaudited_columns() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog
RETURN ARRAY['updated_at', 'search_vector', 'last_login_at', 'last_used_at', 'last_synced_at', 'last_posted_at', 'last_error_at',
    'last_error_code', 'last_error_message', 'consecutive_failures', 'health'];
COMMENT ON FUNCTION governance.unaudited_columns() IS 'Columns whose changes the audit log leaves out.';

-- Arguments: the columns to watch; none means all.
CREATE FUNCTION governance.audit_row() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    before jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) END;
    image jsonb := CASE WHEN TG_OP = 'DELETE' THEN before ELSE after END;
    changed jsonb;
    organization uuid;
BEGIN
    IF current_setting('app.audited', true) = 'on' THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(jsonb_object_agg(key, CASE
               WHEN key LIKE '%\_enc' OR key IN ('password_hash', 'token_hash', 'key_hash', 'state_hash') THEN '"changed"'::jsonb
               ELSE jsonb_build_array(before -> key, after -> key) END), '{}')
      INTO changed
      FROM (SELECT jsonb_object_keys(before || after) AS key) keys
     WHERE before -> key IS DISTINCT FROM after -> key
       AND key <> ALL (governance.unaudited_columns())
       AND (TG_NARGS = 0 OR key = ANY (TG_ARGV));
    IF changed = '{}' AND TG_OP = 'UPDATE' THEN
        RETURN NULL;
    END IF;
    organization := (image ->> 'organization_id')::uuid;
    IF organization IS NULL THEN
        INSERT INTO governance.instance_audit_logs (actor_user_id, actor_kind, action, resource, resource_id, changes, ip_address, request_id)
        VALUES (nullif(current_setting('app.actor_user_id', true), '')::uuid,
                coalesce(nullif(current_setting('app.actor_kind', true), ''), 'system'),
                lower(TG_OP), TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, image ->> 'id', changed,
                nullif(current_setting('app.ip', true), '')::inet, nullif(current_setting('app.request_id', true), '')::uuid);
    ELSE
        INSERT INTO governance.audit_logs (organization_id, actor_user_id, actor_kind, action, resource, resource_id, changes, ip_address, request_id)
        VALUES (organization, nullif(current_setting('app.actor_user_id', true), '')::uuid,
                coalesce(nullif(current_setting('app.actor_kind', true), ''), 'system'),
                lower(TG_OP), TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME,
                coalesce(image ->> 'id', image ->> 'organization_id'), changed,
                nullif(current_setting('app.ip', true), '')::inet, nullif(current_setting('app.request_id', true), '')::uuid);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION governance.audit_row() IS 'Writes the audit row of a change made by plain SQL; secrets appear only as "changed".';

CREATE TRIGGER touch BEFORE UPDATE ON identity.users FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON identity.organizations FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON identity.memberships FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON accounts.social_accounts FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON publishing.posts FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON publishing.post_publications FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON analytics.content FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON identity.user_identities FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON identity.sessions FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON identity.refresh_tokens FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON accounts.platform_rules FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON jobs.queues FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON analytics.ingest_runs FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
-- Without a belt, since bulk writes set updated_at themselves: jobs.jobs, analytics.daily_metrics.
CREATE TRIGGER touch BEFORE UPDATE ON analytics.tracked_integrations FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();

CREATE TRIGGER guard_status BEFORE UPDATE OF status ON publishing.post_publications FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION publishing.guard_publication_status();
CREATE TRIGGER guard_status BEFORE UPDATE OF status ON accounts.social_accounts FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION accounts.guard_account_status();

CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON identity.users FOR EACH ROW EXECUTE FUNCTION governance.audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON identity.organizations FOR EACH ROW EXECUTE FUNCTION governance.audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON identity.memberships FOR EACH ROW EXECUTE FUNCTION governance.audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON identity.api_keys FOR EACH ROW EXECUTE FUNCTION governance.audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON accounts.social_accounts FOR EACH ROW EXECUTE FUNCTION governance.audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON publishing.posts FOR EACH ROW EXECUTE FUNCTION governance.audit_row('status', 'outcome', 'editorial_state');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON publishing.post_publications FOR EACH ROW EXECUTE FUNCTION governance.audit_row('status');

-- The rest of the tables.
CREATE FUNCTION engagement.guard_reply_approval() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF (OLD.approval_status::text, NEW.approval_status::text) NOT IN (
        ('pending', 'approved'), ('pending', 'rejected'), ('pending', 'auto_approved'), ('approved', 'rejected'),
        ('auto_approved', 'rejected')
    ) THEN
        RAISE EXCEPTION 'a % reply cannot become %', OLD.approval_status, NEW.approval_status USING ERRCODE = 'RK003';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION engagement.guard_reply_approval() IS 'Refuses transitions that the state machine does not have (RK003).';

CREATE FUNCTION engagement.guard_reply_delivery() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF (OLD.delivery_status::text, NEW.delivery_status::text) NOT IN (
        ('not_ready', 'queued'), ('queued', 'posted'), ('queued', 'retry'), ('retry', 'queued'), ('retry', 'posted'),
        ('queued', 'cancelled'), ('retry', 'cancelled'), ('queued', 'blocked'), ('retry', 'blocked'), ('not_ready',
        'cancelled'), ('posted', 'deleted')
    ) THEN
        RAISE EXCEPTION 'a % reply cannot become %', OLD.delivery_status, NEW.delivery_status USING ERRCODE = 'RK004';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION engagement.guard_reply_delivery() IS 'Refuses transitions that the state machine does not have (RK004).';

CREATE FUNCTION engagement.guard_escalation_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF (OLD.status::text, NEW.status::text) NOT IN (
        ('pending', 'in_review'), ('pending', 'resolved'), ('pending', 'dismissed'), ('in_review', 'pending'),
        ('in_review', 'resolved'), ('in_review', 'dismissed')
    ) THEN
        RAISE EXCEPTION 'a % escalation cannot become %', OLD.status, NEW.status USING ERRCODE = 'RK005';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION engagement.guard_escalation_status() IS 'Refuses transitions that the state machine does not have (RK005).';

CREATE FUNCTION learning.guard_experiment_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF (OLD.status::text, NEW.status::text) NOT IN (
        ('draft', 'running'), ('draft', 'cancelled'), ('running', 'paused'), ('paused', 'running'), ('running',
        'completed'), ('paused', 'completed'), ('running', 'cancelled'), ('paused', 'cancelled')
    ) THEN
        RAISE EXCEPTION 'a % experiment cannot become %', OLD.status, NEW.status USING ERRCODE = 'RK006';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION learning.guard_experiment_status() IS 'Refuses transitions that the state machine does not have (RK006).';

CREATE FUNCTION strategy.guard_strategy_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF (OLD.status::text, NEW.status::text) NOT IN (
        ('proposed', 'active'), ('proposed', 'rejected'), ('proposed', 'archived'), ('active', 'archived')
    ) THEN
        RAISE EXCEPTION 'a % strategy cannot become %', OLD.status, NEW.status USING ERRCODE = 'RK007';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION strategy.guard_strategy_status() IS 'Refuses transitions that the state machine does not have (RK007).';

CREATE FUNCTION publishing.guard_review_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF (OLD.status::text, NEW.status::text) NOT IN (
        ('pending', 'in_review'), ('pending', 'approved'), ('pending', 'rejected'), ('pending', 'needs_changes'),
        ('pending', 'withdrawn'), ('in_review', 'approved'), ('in_review', 'rejected'), ('in_review',
        'needs_changes'), ('in_review', 'withdrawn'), ('needs_changes', 'pending'), ('needs_changes', 'withdrawn')
    ) THEN
        RAISE EXCEPTION 'a % review cannot become %', OLD.status, NEW.status USING ERRCODE = 'RK008';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION publishing.guard_review_status() IS 'Refuses transitions that the state machine does not have (RK008).';

CREATE TRIGGER touch BEFORE UPDATE ON publishing.media_assets FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON publishing.media FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON publishing.reviews FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON publishing.schedule_templates FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON publishing.calendar_entries FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON publishing.optimal_posting_times FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON analytics.page_groups FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON analytics.tags FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON engagement.authors FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON engagement.posts FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON engagement.replies FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON engagement.competitors FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON engagement.community_champions FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON engagement.kpi_metrics FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON engagement.escalations FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON engagement.brand_settings FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON learning.experiments FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON learning.segmented_weights FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON strategy.profiles FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON strategy.founders FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON strategy.weekly_summaries FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON strategy.ai_strategies FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON strategy.content_pillars FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON strategy.series FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON strategy.brand_rules FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON strategy.llm_settings FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON billing.plans FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON billing.subscriptions FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON billing.usage FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON billing.usage_records FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON billing.events FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER touch BEFORE UPDATE ON governance.retention_policies FOR EACH ROW EXECUTE FUNCTION governance.touch_updated_at();
CREATE TRIGGER guard_approval_status BEFORE UPDATE OF approval_status ON engagement.replies FOR EACH ROW
    WHEN (OLD.approval_status IS DISTINCT FROM NEW.approval_status) EXECUTE FUNCTION engagement.guard_reply_approval();
CREATE TRIGGER guard_delivery_status BEFORE UPDATE OF delivery_status ON engagement.replies FOR EACH ROW
    WHEN (OLD.delivery_status IS DISTINCT FROM NEW.delivery_status) EXECUTE FUNCTION engagement.guard_reply_delivery();
CREATE TRIGGER guard_status BEFORE UPDATE OF status ON engagement.escalations FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION engagement.guard_escalation_status();
CREATE TRIGGER guard_status BEFORE UPDATE OF status ON learning.experiments FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION learning.guard_experiment_status();
CREATE TRIGGER guard_status BEFORE UPDATE OF status ON strategy.ai_strategies FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION strategy.guard_strategy_status();
CREATE TRIGGER guard_status BEFORE UPDATE OF status ON publishing.reviews FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION publishing.guard_review_status();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON strategy.brand_rules FOR EACH ROW EXECUTE FUNCTION governance.audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON strategy.ai_strategies FOR EACH ROW EXECUTE FUNCTION governance.audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON strategy.llm_settings FOR EACH ROW EXECUTE FUNCTION governance.audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON billing.subscriptions FOR EACH ROW EXECUTE FUNCTION governance.audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON engagement.brand_settings FOR EACH ROW EXECUTE FUNCTION governance.audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON engagement.replies FOR EACH ROW EXECUTE FUNCTION governance.audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON engagement.escalations FOR EACH ROW EXECUTE FUNCTION governance.audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON learning.experiments FOR EACH ROW EXECUTE FUNCTION governance.audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON learning.segmented_weights FOR EACH ROW EXECUTE FUNCTION governance.audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON governance.retention_policies FOR EACH ROW EXECUTE FUNCTION governance.audit_row();
