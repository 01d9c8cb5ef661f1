CREATE TABLE `alert_events` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`alert_id` text,
	`delivery_id` text NOT NULL,
	`idx` integer NOT NULL,
	`effect` text NOT NULL,
	`event_time` integer NOT NULL,
	`at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alert_events_effect` ON `alert_events` (`delivery_id`,`idx`);--> statement-breakpoint
CREATE INDEX `alert_events_alert` ON `alert_events` (`alert_id`,`at`);--> statement-breakpoint
CREATE TABLE `alerts` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`integration_id` text NOT NULL,
	`incident_id` text,
	`delivery_id` text NOT NULL,
	`source` text NOT NULL,
	`source_type` text NOT NULL,
	`kind` text NOT NULL,
	`dedup_key` text NOT NULL,
	`source_alert_id` text NOT NULL,
	`state` text NOT NULL,
	`severity` text NOT NULL,
	`severity_raw` text,
	`title` text NOT NULL,
	`description` text,
	`service` text,
	`environment` text,
	`host` text,
	`starts_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`last_transition_at` integer NOT NULL,
	`acknowledged_at` integer,
	`resolved_at` integer,
	`expires_at` integer,
	`occurrences` integer DEFAULT 1 NOT NULL,
	`flaps` integer DEFAULT 0 NOT NULL,
	`authenticity` text NOT NULL,
	`source_url` text,
	`dashboard_url` text,
	`runbook_url` text,
	`labels` text NOT NULL,
	`metadata` text NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_open` ON `alerts` (`integration_id`,`dedup_key`) WHERE state <> 'resolved';--> statement-breakpoint
CREATE INDEX `alerts_identity` ON `alerts` (`integration_id`,`dedup_key`,`created_at`);--> statement-breakpoint
CREATE INDEX `alerts_incident` ON `alerts` (`org_id`,`incident_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `alerts_service_open` ON `alerts` (`org_id`,`service`) WHERE state <> 'resolved';--> statement-breakpoint
CREATE INDEX `alerts_expiry` ON `alerts` (`expires_at`) WHERE expires_at IS NOT NULL AND state <> 'resolved';--> statement-breakpoint
CREATE INDEX `alerts_recent` ON `alerts` (`org_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `correlation_decisions` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`alert_id` text NOT NULL,
	`incident_id` text,
	`at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`level` integer NOT NULL,
	`outcome` text NOT NULL,
	`strategy` text NOT NULL,
	`score` real NOT NULL,
	`reason` text,
	`threshold` real NOT NULL,
	`window_seconds` integer NOT NULL,
	`settings_version` integer NOT NULL,
	`topology_version` integer NOT NULL,
	`candidates` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `decisions_incident` ON `correlation_decisions` (`incident_id`,`at`);--> statement-breakpoint
CREATE INDEX `decisions_alert` ON `correlation_decisions` (`alert_id`,`at`);--> statement-breakpoint
CREATE TABLE `incident_alerts` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`origin_incident_id` text NOT NULL,
	`alert_id` text NOT NULL,
	`correlation_strategy` text NOT NULL,
	`correlation_score` real NOT NULL,
	`correlation_details` text NOT NULL,
	`prior_correlation` text,
	`received_at` integer NOT NULL,
	FOREIGN KEY (`alert_id`) REFERENCES `alerts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`org_id`,`incident_id`) REFERENCES `incidents`(`org_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `incident_alerts_alertId_unique` ON `incident_alerts` (`alert_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `incident_alerts_primary` ON `incident_alerts` (`origin_incident_id`) WHERE correlation_strategy = 'primary';--> statement-breakpoint
CREATE INDEX `incident_alerts_incident` ON `incident_alerts` (`incident_id`,`received_at`);--> statement-breakpoint
CREATE TABLE `audit_log` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text,
	`actor` text,
	`event` text NOT NULL,
	`subject` text,
	`before` text,
	`after` text,
	`at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_org` ON `audit_log` (`org_id`,`at`);--> statement-breakpoint
CREATE TABLE `lifecycle_events` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`actor` text,
	`event` text NOT NULL,
	`details` text DEFAULT '{}' NOT NULL,
	`dedupe_key` text,
	`at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `lifecycle_events_dedupeKey_unique` ON `lifecycle_events` (`dedupe_key`);--> statement-breakpoint
CREATE INDEX `lifecycle_incident` ON `lifecycle_events` (`incident_id`,`at`);--> statement-breakpoint
CREATE TABLE `change_events` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`integration_id` text NOT NULL,
	`kind` text NOT NULL,
	`provider` text NOT NULL,
	`job` text NOT NULL,
	`build` text NOT NULL,
	`title` text NOT NULL,
	`service` text,
	`environment` text,
	`result` text,
	`commit` text,
	`branch` text,
	`repository` text,
	`author` text,
	`url` text,
	`started_at` integer,
	`finished_at` integer NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `changes_once` ON `change_events` (`org_id`,`integration_id`,`job`,`build`);--> statement-breakpoint
CREATE INDEX `changes_time` ON `change_events` (`org_id`,`finished_at`);--> statement-breakpoint
CREATE INDEX `changes_service` ON `change_events` (`org_id`,`service`,`finished_at`);--> statement-breakpoint
CREATE TABLE `service_edges` (
	`org_id` text NOT NULL,
	`from_service` text NOT NULL,
	`to_service` text NOT NULL,
	`type` text DEFAULT 'dependency' NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	PRIMARY KEY(`org_id`, `from_service`, `to_service`)
);
--> statement-breakpoint
CREATE INDEX `edges_to` ON `service_edges` (`org_id`,`to_service`);--> statement-breakpoint
CREATE TABLE `chat_messages` (
	`session_id` text NOT NULL,
	`org_id` text NOT NULL,
	`message_number` integer NOT NULL,
	`sender` text NOT NULL,
	`text` text NOT NULL,
	`tool_calls` text,
	`images` text,
	`citations` text,
	`severity` text,
	`code` text,
	`run_id` text,
	`is_completed` integer DEFAULT true NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	PRIMARY KEY(`session_id`, `message_number`),
	FOREIGN KEY (`session_id`) REFERENCES `chat_sessions`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `messages_run` ON `chat_messages` (`run_id`);--> statement-breakpoint
CREATE TABLE `chat_sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`user_id` text,
	`incident_id` text,
	`title` text NOT NULL,
	`ui_state` text NOT NULL,
	`status` text DEFAULT 'active' NOT NULL,
	`prior_status` text,
	`message_count` integer DEFAULT 0 NOT NULL,
	`last_seq` integer DEFAULT 0 NOT NULL,
	`is_active` integer DEFAULT true NOT NULL,
	`pending_turn` text,
	`active_run_id` text,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE INDEX `sessions_user` ON `chat_sessions` (`user_id`,`is_active`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `sessions_incident` ON `chat_sessions` (`incident_id`,`user_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `ingest_bodies` (
	`delivery_id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`body` text NOT NULL,
	FOREIGN KEY (`delivery_id`) REFERENCES `ingest_deliveries`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `ingest_deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`integration_id` text NOT NULL,
	`source` text NOT NULL,
	`delivery_key` text NOT NULL,
	`state` text NOT NULL,
	`authenticity` text NOT NULL,
	`received_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`lease_owner` text,
	`lease_until` integer,
	`not_before` integer,
	`bytes` integer NOT NULL,
	`body_sha256` text NOT NULL,
	`headers` text NOT NULL,
	`reason` text,
	`last_error` text,
	`outcome` text,
	`errors` text,
	`partial` integer DEFAULT false NOT NULL,
	`processed_at` integer,
	FOREIGN KEY (`integration_id`) REFERENCES `integrations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `deliveries_key` ON `ingest_deliveries` (`integration_id`,`delivery_key`);--> statement-breakpoint
CREATE INDEX `deliveries_org` ON `ingest_deliveries` (`org_id`,`received_at`);--> statement-breakpoint
CREATE INDEX `deliveries_integration` ON `ingest_deliveries` (`integration_id`,`received_at`);--> statement-breakpoint
CREATE INDEX `deliveries_trouble` ON `ingest_deliveries` (`integration_id`,`state`,`received_at`) WHERE state IN ('rejected', 'held', 'dead');--> statement-breakpoint
CREATE INDEX `deliveries_pending` ON `ingest_deliveries` (`received_at`) WHERE state IN ('received', 'processing');--> statement-breakpoint
CREATE TABLE `evidence` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`run_id` text NOT NULL,
	`number` integer NOT NULL,
	`tool_call_key` text NOT NULL,
	`tool` text NOT NULL,
	`command` text NOT NULL,
	`url` text,
	`output` text NOT NULL,
	`output_sha256` text NOT NULL,
	`truncated` integer DEFAULT false NOT NULL,
	`status` text NOT NULL,
	`trust` text NOT NULL,
	`error_code` text,
	`executed_at` integer NOT NULL,
	`duration_ms` integer DEFAULT 0 NOT NULL,
	`cited_at` integer,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	FOREIGN KEY (`org_id`,`incident_id`) REFERENCES `incidents`(`org_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `evidence_number` ON `evidence` (`incident_id`,`number`);--> statement-breakpoint
CREATE UNIQUE INDEX `evidence_once` ON `evidence` (`run_id`,`tool_call_key`);--> statement-breakpoint
CREATE INDEX `evidence_cited` ON `evidence` (`incident_id`,`number`) WHERE cited_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `incident_counts` (
	`org_id` text PRIMARY KEY NOT NULL,
	`investigating` integer DEFAULT 0 NOT NULL,
	`analyzed` integer DEFAULT 0 NOT NULL,
	`merged` integer DEFAULT 0 NOT NULL,
	`resolved` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`org_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `incident_suggestions` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`run_id` text,
	`ordinal` integer NOT NULL,
	`title` text NOT NULL,
	`description` text NOT NULL,
	`type` text NOT NULL,
	`risk` text NOT NULL,
	`command` text,
	`rationale` text,
	`undo` text,
	`summary` text,
	`evidence` text NOT NULL,
	`origin` text NOT NULL,
	`file_path` text,
	`original_content` text,
	`suggested_content` text,
	`user_edited_content` text,
	`repository` text,
	`base_commit` text,
	`pr_url` text,
	`pr_number` integer,
	`created_branch` text,
	`apply_claimed_at` integer,
	`applied_at` integer,
	`executed_at` integer,
	`execution_session_id` text,
	`execution_status` text,
	`shown` integer DEFAULT true NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	FOREIGN KEY (`org_id`,`incident_id`) REFERENCES `incidents`(`org_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `suggestions_once` ON `incident_suggestions` (`run_id`,`ordinal`);--> statement-breakpoint
CREATE INDEX `suggestions_incident` ON `incident_suggestions` (`incident_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `incident_thoughts` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`run_id` text NOT NULL,
	`seq` integer NOT NULL,
	`step` text NOT NULL,
	`iteration` integer NOT NULL,
	`ordinal` integer NOT NULL,
	`timestamp` integer NOT NULL,
	`content` text NOT NULL,
	`thought_type` text NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	FOREIGN KEY (`org_id`,`incident_id`) REFERENCES `incidents`(`org_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `thoughts_seq` ON `incident_thoughts` (`incident_id`,`seq`);--> statement-breakpoint
CREATE UNIQUE INDEX `thoughts_once` ON `incident_thoughts` (`run_id`,`step`,`iteration`,`ordinal`);--> statement-breakpoint
CREATE TABLE `incidents` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`source_type` text NOT NULL,
	`source_alert_id` text NOT NULL,
	`status` text DEFAULT 'investigating' NOT NULL,
	`severity` text NOT NULL,
	`alert_title` text NOT NULL,
	`alert_service` text,
	`alert_environment` text,
	`alert_metadata` text NOT NULL,
	`source_url` text DEFAULT '' NOT NULL,
	`primary_alert_id` text NOT NULL,
	`aurora_status` text DEFAULT 'idle' NOT NULL,
	`active_tab` text DEFAULT 'thoughts' NOT NULL,
	`alert_summary` text DEFAULT '' NOT NULL,
	`run_summary` text,
	`manual_summary` text,
	`chat_session_id` text NOT NULL,
	`correlated_alert_count` integer DEFAULT 0 NOT NULL,
	`open_alert_count` integer DEFAULT 0 NOT NULL,
	`affected_services` text NOT NULL,
	`merged_into_incident_id` text,
	`pre_merge_state` text,
	`started_at` integer NOT NULL,
	`alert_fired_at` integer,
	`last_alert_at` integer NOT NULL,
	`acknowledged_at` integer,
	`analyzed_at` integer,
	`resolved_at` integer,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`org_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `incidents_tenant` ON `incidents` (`org_id`,`id`);--> statement-breakpoint
CREATE INDEX `incidents_list` ON `incidents` (`org_id`,`started_at`,`id`) WHERE status <> 'merged';--> statement-breakpoint
CREATE INDEX `incidents_status` ON `incidents` (`org_id`,`status`,`started_at`,`id`);--> statement-breakpoint
CREATE INDEX `incidents_candidates` ON `incidents` (`org_id`,`last_alert_at`) WHERE status IN ('investigating', 'analyzed') AND open_alert_count > 0;--> statement-breakpoint
CREATE INDEX `incidents_service` ON `incidents` (`org_id`,`alert_service`,`started_at`);--> statement-breakpoint
CREATE TABLE `integrations` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`source` text NOT NULL,
	`name` text NOT NULL,
	`enabled` integer DEFAULT true NOT NULL,
	`verification` text NOT NULL,
	`ingest_token_hash` text NOT NULL,
	`token_suffix` text NOT NULL,
	`previous_token_hash` text,
	`previous_token_expires_at` integer,
	`signing_secret` text,
	`previous_signing_secret` text,
	`previous_signing_secret_expires_at` integer,
	`settings` text DEFAULT '{}' NOT NULL,
	`created_by` text NOT NULL,
	`deleted_at` integer,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	FOREIGN KEY (`org_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `integrations_ingestTokenHash_unique` ON `integrations` (`ingest_token_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `integrations_previousTokenHash_unique` ON `integrations` (`previous_token_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `integrations_name` ON `integrations` (`org_id`,`source`,`name`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `integrations_org` ON `integrations` (`org_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `organization_settings` (
	`org_id` text PRIMARY KEY NOT NULL,
	`correlation` text DEFAULT '{}' NOT NULL,
	`investigation` text DEFAULT '{}' NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`topology_version` integer DEFAULT 1 NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	FOREIGN KEY (`org_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `organizations` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`slug` text NOT NULL,
	`created_by` text NOT NULL,
	`plan_tier` text DEFAULT 'free' NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `organizations_slug_unique` ON `organizations` (`slug`);--> statement-breakpoint
CREATE TABLE `feed_events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`org_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`user_id` text,
	`wide` integer DEFAULT false NOT NULL,
	`event` text NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE INDEX `feed_org` ON `feed_events` (`org_id`,`seq`);--> statement-breakpoint
CREATE INDEX `feed_incident` ON `feed_events` (`incident_id`,`seq`);--> statement-breakpoint
CREATE INDEX `feed_age` ON `feed_events` (`created_at`);--> statement-breakpoint
CREATE TABLE `outbox` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`kind` text NOT NULL,
	`dedupe_key` text NOT NULL,
	`payload` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_at` integer NOT NULL,
	`done_at` integer,
	`last_error` text,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `outbox_dedupeKey_unique` ON `outbox` (`dedupe_key`);--> statement-breakpoint
CREATE INDEX `outbox_due` ON `outbox` (`next_at`) WHERE done_at IS NULL;--> statement-breakpoint
CREATE TABLE `run_context_updates` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`seq` integer NOT NULL,
	`kind` text NOT NULL,
	`alert_id` text,
	`text` text NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	FOREIGN KEY (`org_id`,`incident_id`) REFERENCES `incidents`(`org_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `context_updates_seq` ON `run_context_updates` (`incident_id`,`seq`);--> statement-breakpoint
CREATE TABLE `run_messages` (
	`run_id` text NOT NULL,
	`org_id` text NOT NULL,
	`seq` integer NOT NULL,
	`message` text NOT NULL,
	PRIMARY KEY(`run_id`, `seq`),
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `runs` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`kind` text NOT NULL,
	`incident_id` text,
	`session_id` text NOT NULL,
	`user_id` text,
	`mode` text DEFAULT 'ask' NOT NULL,
	`trigger` text NOT NULL,
	`ordinal` integer DEFAULT 1 NOT NULL,
	`state` text DEFAULT 'queued' NOT NULL,
	`attempt` integer DEFAULT 0 NOT NULL,
	`lease_owner` text,
	`lease_epoch` integer DEFAULT 0 NOT NULL,
	`lease_expires_at` integer,
	`heartbeat_at` integer,
	`step` text DEFAULT 'context' NOT NULL,
	`iteration` integer DEFAULT 0 NOT NULL,
	`stalled_claims` integer DEFAULT 0 NOT NULL,
	`step_failures` integer DEFAULT 0 NOT NULL,
	`checkpoint` text NOT NULL,
	`error_code` text,
	`error_detail` text,
	`not_before` integer,
	`last_enqueued_at` integer,
	`cancel_requested_at` integer,
	`verdict` text,
	`confidence` real,
	`analyst` text,
	`mechanism` text,
	`root_cause_service` text,
	`degraded` text,
	`budget_exhausted` text,
	`claims` text,
	`dropped_claims` text,
	`services` text DEFAULT '[]' NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`started_at` integer,
	`ended_at` integer,
	FOREIGN KEY (`org_id`,`incident_id`) REFERENCES `incidents`(`org_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `runs_open_session` ON `runs` (`session_id`) WHERE state IN ('queued', 'leased', 'running');--> statement-breakpoint
CREATE UNIQUE INDEX `runs_open_investigation` ON `runs` (`incident_id`) WHERE kind = 'investigation' AND state IN ('queued', 'leased', 'running');--> statement-breakpoint
CREATE INDEX `runs_incident` ON `runs` (`incident_id`,`kind`,`ordinal`);--> statement-breakpoint
CREATE INDEX `runs_open` ON `runs` (`org_id`,`state`,`created_at`) WHERE state IN ('queued', 'leased', 'running');--> statement-breakpoint
CREATE INDEX `runs_starts` ON `runs` (`org_id`,`started_at`) WHERE kind = 'investigation' AND started_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`email` text NOT NULL,
	`password_hash` text NOT NULL,
	`name` text,
	`role` text NOT NULL,
	`must_change_password` integer DEFAULT false NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	FOREIGN KEY (`org_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);--> statement-breakpoint
CREATE INDEX `users_org` ON `users` (`org_id`,`created_at`);