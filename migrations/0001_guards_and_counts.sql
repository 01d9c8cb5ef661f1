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
