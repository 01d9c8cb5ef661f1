-- Closed sets of values are guarded by triggers, which a later migration can replace; a CHECK could not be widened without a rebuild.
CREATE TRIGGER guard_users_role_insert BEFORE INSERT ON users WHEN NEW.role NOT IN ('admin', 'editor', 'viewer')
BEGIN SELECT RAISE(ABORT, 'value of users.role is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_users_role_update BEFORE UPDATE OF role ON users WHEN NEW.role NOT IN ('admin', 'editor', 'viewer')
BEGIN SELECT RAISE(ABORT, 'value of users.role is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_integrations_verification_insert BEFORE INSERT ON integrations WHEN NEW.verification NOT IN ('required', 'if_configured', 'token_only')
BEGIN SELECT RAISE(ABORT, 'value of integrations.verification is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_integrations_verification_update BEFORE UPDATE OF verification ON integrations WHEN NEW.verification NOT IN ('required', 'if_configured', 'token_only')
BEGIN SELECT RAISE(ABORT, 'value of integrations.verification is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_ingest_deliveries_state_insert BEFORE INSERT ON ingest_deliveries WHEN NEW.state NOT IN ('received', 'processing', 'processed', 'held', 'skipped', 'rejected', 'dead')
BEGIN SELECT RAISE(ABORT, 'value of ingest_deliveries.state is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_ingest_deliveries_state_update BEFORE UPDATE OF state ON ingest_deliveries WHEN NEW.state NOT IN ('received', 'processing', 'processed', 'held', 'skipped', 'rejected', 'dead')
BEGIN SELECT RAISE(ABORT, 'value of ingest_deliveries.state is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_alerts_state_insert BEFORE INSERT ON alerts WHEN NEW.state NOT IN ('firing', 'acknowledged', 'resolved')
BEGIN SELECT RAISE(ABORT, 'value of alerts.state is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_alerts_state_update BEFORE UPDATE OF state ON alerts WHEN NEW.state NOT IN ('firing', 'acknowledged', 'resolved')
BEGIN SELECT RAISE(ABORT, 'value of alerts.state is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_alerts_severity_insert BEFORE INSERT ON alerts WHEN NEW.severity NOT IN ('critical', 'high', 'medium', 'low', 'unknown')
BEGIN SELECT RAISE(ABORT, 'value of alerts.severity is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_alerts_severity_update BEFORE UPDATE OF severity ON alerts WHEN NEW.severity NOT IN ('critical', 'high', 'medium', 'low', 'unknown')
BEGIN SELECT RAISE(ABORT, 'value of alerts.severity is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_alert_events_effect_insert BEFORE INSERT ON alert_events WHEN NEW.effect NOT IN ('opened', 'repeat', 'escalated', 'acknowledged', 'unacknowledged', 'resolved', 'expired', 'auto_resolved', 'reopened', 'stale', 'info', 'ignored')
BEGIN SELECT RAISE(ABORT, 'value of alert_events.effect is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_alert_events_effect_update BEFORE UPDATE OF effect ON alert_events WHEN NEW.effect NOT IN ('opened', 'repeat', 'escalated', 'acknowledged', 'unacknowledged', 'resolved', 'expired', 'auto_resolved', 'reopened', 'stale', 'info', 'ignored')
BEGIN SELECT RAISE(ABORT, 'value of alert_events.effect is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_incident_alerts_correlation_strategy_insert BEFORE INSERT ON incident_alerts WHEN NEW.correlation_strategy NOT IN ('primary', 'rule', 'topology', 'time_window', 'similarity', 'manual')
BEGIN SELECT RAISE(ABORT, 'value of incident_alerts.correlation_strategy is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_incident_alerts_correlation_strategy_update BEFORE UPDATE OF correlation_strategy ON incident_alerts WHEN NEW.correlation_strategy NOT IN ('primary', 'rule', 'topology', 'time_window', 'similarity', 'manual')
BEGIN SELECT RAISE(ABORT, 'value of incident_alerts.correlation_strategy is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_incidents_status_insert BEFORE INSERT ON incidents WHEN NEW.status NOT IN ('investigating', 'analyzed', 'merged', 'resolved')
BEGIN SELECT RAISE(ABORT, 'value of incidents.status is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_incidents_status_update BEFORE UPDATE OF status ON incidents WHEN NEW.status NOT IN ('investigating', 'analyzed', 'merged', 'resolved')
BEGIN SELECT RAISE(ABORT, 'value of incidents.status is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_incidents_severity_insert BEFORE INSERT ON incidents WHEN NEW.severity NOT IN ('critical', 'high', 'medium', 'low', 'unknown')
BEGIN SELECT RAISE(ABORT, 'value of incidents.severity is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_incidents_severity_update BEFORE UPDATE OF severity ON incidents WHEN NEW.severity NOT IN ('critical', 'high', 'medium', 'low', 'unknown')
BEGIN SELECT RAISE(ABORT, 'value of incidents.severity is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_incidents_aurora_status_insert BEFORE INSERT ON incidents WHEN NEW.aurora_status NOT IN ('idle', 'running', 'complete', 'error')
BEGIN SELECT RAISE(ABORT, 'value of incidents.aurora_status is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_incidents_aurora_status_update BEFORE UPDATE OF aurora_status ON incidents WHEN NEW.aurora_status NOT IN ('idle', 'running', 'complete', 'error')
BEGIN SELECT RAISE(ABORT, 'value of incidents.aurora_status is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_incidents_active_tab_insert BEFORE INSERT ON incidents WHEN NEW.active_tab NOT IN ('thoughts', 'chat')
BEGIN SELECT RAISE(ABORT, 'value of incidents.active_tab is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_incidents_active_tab_update BEFORE UPDATE OF active_tab ON incidents WHEN NEW.active_tab NOT IN ('thoughts', 'chat')
BEGIN SELECT RAISE(ABORT, 'value of incidents.active_tab is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_runs_state_insert BEFORE INSERT ON runs WHEN NEW.state NOT IN ('queued', 'leased', 'running', 'succeeded', 'failed', 'timeout', 'cancelled')
BEGIN SELECT RAISE(ABORT, 'value of runs.state is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_runs_state_update BEFORE UPDATE OF state ON runs WHEN NEW.state NOT IN ('queued', 'leased', 'running', 'succeeded', 'failed', 'timeout', 'cancelled')
BEGIN SELECT RAISE(ABORT, 'value of runs.state is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_runs_kind_insert BEFORE INSERT ON runs WHEN NEW.kind NOT IN ('investigation', 'chat', 'postmortem')
BEGIN SELECT RAISE(ABORT, 'value of runs.kind is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_runs_kind_update BEFORE UPDATE OF kind ON runs WHEN NEW.kind NOT IN ('investigation', 'chat', 'postmortem')
BEGIN SELECT RAISE(ABORT, 'value of runs.kind is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_evidence_status_insert BEFORE INSERT ON evidence WHEN NEW.status NOT IN ('success', 'error', 'empty')
BEGIN SELECT RAISE(ABORT, 'value of evidence.status is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_evidence_status_update BEFORE UPDATE OF status ON evidence WHEN NEW.status NOT IN ('success', 'error', 'empty')
BEGIN SELECT RAISE(ABORT, 'value of evidence.status is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_chat_sessions_status_insert BEFORE INSERT ON chat_sessions WHEN NEW.status NOT IN ('active', 'in_progress', 'completed', 'failed', 'cancelled')
BEGIN SELECT RAISE(ABORT, 'value of chat_sessions.status is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_chat_sessions_status_update BEFORE UPDATE OF status ON chat_sessions WHEN NEW.status NOT IN ('active', 'in_progress', 'completed', 'failed', 'cancelled')
BEGIN SELECT RAISE(ABORT, 'value of chat_sessions.status is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_chat_messages_sender_insert BEFORE INSERT ON chat_messages WHEN NEW.sender NOT IN ('user', 'assistant')
BEGIN SELECT RAISE(ABORT, 'value of chat_messages.sender is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_chat_messages_sender_update BEFORE UPDATE OF sender ON chat_messages WHEN NEW.sender NOT IN ('user', 'assistant')
BEGIN SELECT RAISE(ABORT, 'value of chat_messages.sender is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_change_events_kind_insert BEFORE INSERT ON change_events WHEN NEW.kind NOT IN ('deployment', 'config', 'flag', 'infrastructure', 'scaling', 'other')
BEGIN SELECT RAISE(ABORT, 'value of change_events.kind is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_change_events_kind_update BEFORE UPDATE OF kind ON change_events WHEN NEW.kind NOT IN ('deployment', 'config', 'flag', 'infrastructure', 'scaling', 'other')
BEGIN SELECT RAISE(ABORT, 'value of change_events.kind is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER incident_counts_insert AFTER INSERT ON incidents
BEGIN
  INSERT INTO incident_counts (org_id, investigating, analyzed, merged, resolved)
  VALUES (NEW.org_id, NEW.status = 'investigating', NEW.status = 'analyzed', NEW.status = 'merged', NEW.status = 'resolved')
  ON CONFLICT (org_id) DO UPDATE SET investigating = investigating + excluded.investigating, analyzed = analyzed + excluded.analyzed, merged = merged + excluded.merged, resolved = resolved + excluded.resolved;
END;
--> statement-breakpoint
CREATE TRIGGER incident_counts_update AFTER UPDATE OF status ON incidents WHEN OLD.status <> NEW.status
BEGIN
  UPDATE incident_counts SET investigating = investigating + (NEW.status = 'investigating') - (OLD.status = 'investigating'), analyzed = analyzed + (NEW.status = 'analyzed') - (OLD.status = 'analyzed'), merged = merged + (NEW.status = 'merged') - (OLD.status = 'merged'), resolved = resolved + (NEW.status = 'resolved') - (OLD.status = 'resolved') WHERE org_id = NEW.org_id;
END;
--> statement-breakpoint
CREATE TRIGGER audit_number AFTER INSERT ON audit_log
BEGIN
  INSERT INTO audit_heads (org_id, last_seq) VALUES (coalesce(NEW.org_id, ''), 1) ON CONFLICT (org_id) DO UPDATE SET last_seq = last_seq + 1;
  UPDATE audit_log SET seq = (SELECT last_seq FROM audit_heads WHERE org_id = coalesce(NEW.org_id, '')), prev_hash = NULL, hash = NULL WHERE id = NEW.id;
END;
--> statement-breakpoint
CREATE TRIGGER guard_access_tokens_scope_insert BEFORE INSERT ON access_tokens WHEN NEW.scope NOT IN ('read', 'write')
BEGIN SELECT RAISE(ABORT, 'value of access_tokens.scope is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_access_tokens_scope_update BEFORE UPDATE OF scope ON access_tokens WHEN NEW.scope NOT IN ('read', 'write')
BEGIN SELECT RAISE(ABORT, 'value of access_tokens.scope is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_invitations_role_insert BEFORE INSERT ON invitations WHEN NEW.role NOT IN ('admin', 'editor', 'viewer')
BEGIN SELECT RAISE(ABORT, 'value of invitations.role is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_invitations_role_update BEFORE UPDATE OF role ON invitations WHEN NEW.role NOT IN ('admin', 'editor', 'viewer')
BEGIN SELECT RAISE(ABORT, 'value of invitations.role is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_invitations_state_insert BEFORE INSERT ON invitations WHEN NEW.state NOT IN ('pending', 'accepted', 'declined', 'cancelled')
BEGIN SELECT RAISE(ABORT, 'value of invitations.state is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_invitations_state_update BEFORE UPDATE OF state ON invitations WHEN NEW.state NOT IN ('pending', 'accepted', 'declined', 'cancelled')
BEGIN SELECT RAISE(ABORT, 'value of invitations.state is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_idempotency_keys_state_insert BEFORE INSERT ON idempotency_keys WHEN NEW.state NOT IN ('running', 'done')
BEGIN SELECT RAISE(ABORT, 'value of idempotency_keys.state is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_idempotency_keys_state_update BEFORE UPDATE OF state ON idempotency_keys WHEN NEW.state NOT IN ('running', 'done')
BEGIN SELECT RAISE(ABORT, 'value of idempotency_keys.state is not allowed'); END;
--> statement-breakpoint
-- Text search over what lists show of an incident. The organisation is a word of its own, so that one tenant's search never walks another's.
CREATE VIRTUAL TABLE incident_search USING fts5(org_id, alert_title, alert_service, run_summary, manual_summary, content='incidents', content_rowid='rowid', tokenize='unicode61 remove_diacritics 2', prefix='3');
--> statement-breakpoint
CREATE TRIGGER incident_search_insert AFTER INSERT ON incidents
BEGIN
  INSERT INTO incident_search (rowid, org_id, alert_title, alert_service, run_summary, manual_summary)
  VALUES (NEW.rowid, replace(NEW.org_id, '-', ''), NEW.alert_title, NEW.alert_service, NEW.run_summary, NEW.manual_summary);
END;
--> statement-breakpoint
CREATE TRIGGER incident_search_update AFTER UPDATE OF alert_title, alert_service, run_summary, manual_summary ON incidents
WHEN OLD.alert_title <> NEW.alert_title OR OLD.alert_service IS NOT NEW.alert_service OR OLD.run_summary IS NOT NEW.run_summary OR OLD.manual_summary IS NOT NEW.manual_summary
BEGIN
  INSERT INTO incident_search (incident_search, rowid, org_id, alert_title, alert_service, run_summary, manual_summary)
  VALUES ('delete', OLD.rowid, replace(OLD.org_id, '-', ''), OLD.alert_title, OLD.alert_service, OLD.run_summary, OLD.manual_summary);
  INSERT INTO incident_search (rowid, org_id, alert_title, alert_service, run_summary, manual_summary)
  VALUES (NEW.rowid, replace(NEW.org_id, '-', ''), NEW.alert_title, NEW.alert_service, NEW.run_summary, NEW.manual_summary);
END;
--> statement-breakpoint
CREATE TRIGGER incident_search_delete AFTER DELETE ON incidents
BEGIN
  INSERT INTO incident_search (incident_search, rowid, org_id, alert_title, alert_service, run_summary, manual_summary)
  VALUES ('delete', OLD.rowid, replace(OLD.org_id, '-', ''), OLD.alert_title, OLD.alert_service, OLD.run_summary, OLD.manual_summary);
END;
--> statement-breakpoint
CREATE TRIGGER incident_tallies_insert AFTER INSERT ON incidents WHEN NEW.status <> 'merged'
BEGIN
  INSERT INTO incident_tallies (org_id, kind, value, n)
  SELECT NEW.org_id, column1, column2, 1 FROM (SELECT 'severity' AS column1, NEW.severity AS column2 UNION ALL SELECT 'source', NEW.source_type UNION ALL SELECT 'service', NEW.alert_service) WHERE column2 IS NOT NULL
  ON CONFLICT (org_id, kind, value) DO UPDATE SET n = n + 1;
END;
--> statement-breakpoint
CREATE TRIGGER incident_tallies_update AFTER UPDATE OF status, severity, alert_service ON incidents
WHEN (OLD.status = 'merged') <> (NEW.status = 'merged') OR OLD.severity <> NEW.severity OR OLD.alert_service IS NOT NEW.alert_service
BEGIN
  UPDATE incident_tallies SET n = n - 1
  WHERE OLD.status <> 'merged' AND org_id = OLD.org_id AND (kind, value) IN (VALUES ('severity', OLD.severity), ('source', OLD.source_type), ('service', OLD.alert_service));
  INSERT INTO incident_tallies (org_id, kind, value, n)
  SELECT NEW.org_id, column1, column2, 1 FROM (SELECT 'severity' AS column1, NEW.severity AS column2 UNION ALL SELECT 'source', NEW.source_type UNION ALL SELECT 'service', NEW.alert_service) WHERE column2 IS NOT NULL AND NEW.status <> 'merged'
  ON CONFLICT (org_id, kind, value) DO UPDATE SET n = n + 1;
END;
--> statement-breakpoint
-- What the picture of an incident is drawn from has changed: its watchers are told in the same batch, whoever changed it.
CREATE TRIGGER incident_visualization AFTER UPDATE OF version ON incidents
WHEN OLD.version <> NEW.version AND (OLD.correlated_alert_count <> NEW.correlated_alert_count OR OLD.open_alert_count <> NEW.open_alert_count OR OLD.affected_services <> NEW.affected_services OR OLD.status <> NEW.status OR OLD.run_summary IS NOT NEW.run_summary)
BEGIN
  INSERT INTO feed_events (org_id, incident_id, wide, event)
  VALUES (NEW.org_id, NEW.id, 0, json_object('type', 'visualization', 'version', NEW.version + coalesce((SELECT topology_version - 1 FROM organization_settings WHERE org_id = NEW.org_id), 0)));
END;
--> statement-breakpoint
CREATE TRIGGER guard_postmortems_state_insert BEFORE INSERT ON postmortems WHEN NEW.state NOT IN ('generating', 'ready', 'failed')
BEGIN SELECT RAISE(ABORT, 'value of postmortems.state is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_postmortems_state_update BEFORE UPDATE OF state ON postmortems WHEN NEW.state NOT IN ('generating', 'ready', 'failed')
BEGIN SELECT RAISE(ABORT, 'value of postmortems.state is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_incident_feedback_type_insert BEFORE INSERT ON incident_feedback WHEN NEW.feedback_type NOT IN ('helpful', 'not_helpful')
BEGIN SELECT RAISE(ABORT, 'value of incident_feedback.feedback_type is not allowed'); END;
--> statement-breakpoint
-- A suggestion that a chat carries out is done, or has failed, when the chat's run ends, however it ends.
CREATE TRIGGER suggestion_execution AFTER UPDATE OF state ON runs
WHEN NEW.kind = 'chat' AND NEW.incident_id IS NOT NULL AND OLD.state IN ('queued', 'leased', 'running') AND NEW.state IN ('succeeded', 'failed', 'timeout', 'cancelled')
BEGIN
  UPDATE incident_suggestions SET execution_status = CASE WHEN NEW.state = 'succeeded' THEN 'completed' ELSE 'failed' END,
    executed_at = CASE WHEN NEW.state = 'succeeded' THEN coalesce(executed_at, NEW.ended_at) ELSE executed_at END
  WHERE incident_id = NEW.incident_id AND org_id = NEW.org_id AND execution_session_id = NEW.session_id AND execution_status = 'in_progress';
END;
