CREATE TRIGGER guard_notification_channels_kind_insert BEFORE INSERT ON notification_channels WHEN NEW.kind NOT IN ('slack', 'google_chat', 'webhook', 'email')
BEGIN SELECT RAISE(ABORT, 'value of notification_channels.kind is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_notification_channels_kind_update BEFORE UPDATE OF kind ON notification_channels WHEN NEW.kind NOT IN ('slack', 'google_chat', 'webhook', 'email')
BEGIN SELECT RAISE(ABORT, 'value of notification_channels.kind is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_notification_deliveries_state_insert BEFORE INSERT ON notification_deliveries WHEN NEW.state NOT IN ('pending', 'sent', 'dead')
BEGIN SELECT RAISE(ABORT, 'value of notification_deliveries.state is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_notification_deliveries_state_update BEFORE UPDATE OF state ON notification_deliveries WHEN NEW.state NOT IN ('pending', 'sent', 'dead')
BEGIN SELECT RAISE(ABORT, 'value of notification_deliveries.state is not allowed'); END;
--> statement-breakpoint
-- Whatever records that something happened to an incident also leaves a message for each channel that wants to know, in the
-- same transaction: no path can forget it, none can do it twice. Silent: what a maintenance window hides, alerts sent to try
-- an integration, openings in a storm, and (but for webhooks) conclusions that conclude nothing.
CREATE TRIGGER notify_of_incident AFTER INSERT ON lifecycle_events
WHEN NEW.event IN ('created', 'resolved', 'rca_started', 'rca_completed', 'rca_failed')
BEGIN
  INSERT INTO notification_deliveries (id, org_id, channel_id, event, cause_id, incident_id, run_id, payload, next_at, created_at)
  SELECT substr(NEW.id, 1, 24) || lower(hex(randomblob(6))), NEW.org_id, c.id, e.type, NEW.id, i.id, r.id,
    json_object('title', i.alert_title, 'severity', i.severity, 'service', i.alert_service, 'verdict', r.verdict, 'confidence', r.confidence,
      'mechanism', r.mechanism, 'rootCauseService', r.root_cause_service, 'analyst', r.analyst, 'error', r.error_code,
      'claim', (SELECT j.value ->> '$.text' FROM json_each(r.claims, '$.claims') AS j WHERE j.value ->> '$.section' = 'root_cause' LIMIT 1)),
    NEW.at, NEW.at
  FROM notification_channels AS c
  JOIN (SELECT CASE NEW.event WHEN 'created' THEN 'incident.opened' WHEN 'resolved' THEN 'incident.resolved' WHEN 'rca_started' THEN 'investigation.started'
    WHEN 'rca_completed' THEN 'investigation.completed' ELSE 'investigation.failed' END AS type) AS e
  JOIN incidents AS i ON i.id = NEW.incident_id AND i.org_id = NEW.org_id
  LEFT JOIN runs AS r ON r.id = NEW.details ->> '$.runId' AND r.org_id = NEW.org_id
  LEFT JOIN organization_settings AS s ON s.org_id = NEW.org_id
  WHERE c.org_id = NEW.org_id AND c.enabled AND c.deleted_at IS NULL AND EXISTS (SELECT 1 FROM json_each(c.events) WHERE value = e.type)
    AND i.suppressed_by IS NULL AND i.source_type <> 'aurora_test'
    AND NOT (NEW.event = 'created' AND coalesce(s.storm_until, 0) > NEW.at)
    AND NOT (NEW.event = 'rca_completed' AND NEW.details ->> '$.verdict' IS 'inconclusive' AND c.kind <> 'webhook'
      AND (c.kind = 'email' OR coalesce(s.investigation ->> '$.notifyInconclusive', 0) = 0));
END;
--> statement-breakpoint
-- A storm is announced once, in place of its openings. A maintenance window that ends with open incidents tells which.
CREATE TRIGGER notify_of_organization AFTER INSERT ON audit_log
WHEN NEW.event = 'storm.begin' OR (NEW.event = 'maintenance_window.end' AND NEW.after ->> '$.released' > 0)
BEGIN
  INSERT INTO notification_deliveries (id, org_id, channel_id, event, cause_id, payload, next_at, created_at)
  SELECT substr(NEW.id, 1, 24) || lower(hex(randomblob(6))), NEW.org_id, c.id, e.type, NEW.id,
    CASE NEW.event WHEN 'storm.begin' THEN json_object('until', NEW.after ->> '$.until')
      ELSE json_object('window', (SELECT w.name FROM maintenance_windows AS w WHERE w.id = NEW.subject AND w.org_id = NEW.org_id),
        'released', NEW.after ->> '$.released', 'resolved', NEW.after ->> '$.resolved',
        'incidents', (SELECT json_group_array(json_object('incidentId', i.id, 'title', i.alert_title, 'severity', i.severity, 'service', i.alert_service))
          FROM (SELECT i.id, i.alert_title, i.severity, i.alert_service FROM json_each(NEW.after, '$.incidents') AS j
            JOIN incidents AS i ON i.id = j.value AND i.org_id = NEW.org_id ORDER BY j.key LIMIT 20) AS i)) END,
    NEW.at, NEW.at
  FROM notification_channels AS c
  JOIN (SELECT CASE NEW.event WHEN 'storm.begin' THEN 'storm.began' ELSE 'maintenance.ended' END AS type) AS e
  WHERE c.org_id = NEW.org_id AND c.enabled AND c.deleted_at IS NULL AND EXISTS (SELECT 1 FROM json_each(c.events) WHERE value = e.type);
END;
