CREATE TABLE `access_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`user_id` text NOT NULL,
	`name` text NOT NULL,
	`scope` text NOT NULL,
	`token_hash` text NOT NULL,
	`token_suffix` text NOT NULL,
	`expires_at` integer,
	`revoked_at` integer,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `access_tokens_tokenHash_unique` ON `access_tokens` (`token_hash`);--> statement-breakpoint
CREATE INDEX `access_tokens_user` ON `access_tokens` (`org_id`,`user_id`,`created_at`);--> statement-breakpoint
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
	`candidates` text NOT NULL,
	`facts` text
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
CREATE TABLE `audit_heads` (
	`org_id` text PRIMARY KEY NOT NULL,
	`last_seq` integer NOT NULL,
	`sealed_seq` integer DEFAULT 0 NOT NULL,
	`sealed_hash` text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_heads_unsealed` ON `audit_heads` (`org_id`) WHERE sealed_seq < last_seq;--> statement-breakpoint
CREATE TABLE `audit_log` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text,
	`actor` text,
	`event` text NOT NULL,
	`subject` text,
	`before` text,
	`after` text,
	`at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`seq` integer,
	`prev_hash` text,
	`hash` text
);
--> statement-breakpoint
CREATE INDEX `audit_org` ON `audit_log` (`org_id`,`at`);--> statement-breakpoint
CREATE UNIQUE INDEX `audit_seq` ON `audit_log` (`org_id`,`seq`);--> statement-breakpoint
CREATE INDEX `audit_event` ON `audit_log` (`org_id`,`event`,`seq`);--> statement-breakpoint
CREATE INDEX `audit_actor` ON `audit_log` (`org_id`,`actor`,`seq`);--> statement-breakpoint
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
	`extra` text,
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
CREATE INDEX `sessions_investigations` ON `chat_sessions` (`org_id`,`updated_at`,`id`) WHERE user_id IS NULL AND is_active = 1;--> statement-breakpoint
CREATE TABLE `connection_secrets` (
	`connection_id` text NOT NULL,
	`org_id` text NOT NULL,
	`provider` text NOT NULL,
	`purpose` text NOT NULL,
	`version` integer NOT NULL,
	`kid` text NOT NULL,
	`wrapped_dek` text NOT NULL,
	`dek_iv` text NOT NULL,
	`iv` text NOT NULL,
	`ciphertext` text NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	PRIMARY KEY(`connection_id`, `purpose`),
	FOREIGN KEY (`connection_id`) REFERENCES `connections`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `connection_secrets_kid` ON `connection_secrets` (`kid`);--> statement-breakpoint
CREATE TABLE `connection_selections` (
	`connection_id` text NOT NULL,
	`org_id` text NOT NULL,
	`resource_id` text NOT NULL,
	`resource_name` text,
	`resource_type` text,
	`enabled` integer NOT NULL,
	`is_root` integer DEFAULT false NOT NULL,
	PRIMARY KEY(`connection_id`, `resource_id`),
	FOREIGN KEY (`connection_id`) REFERENCES `connections`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `connection_selections_root` ON `connection_selections` (`connection_id`) WHERE is_root = 1;--> statement-breakpoint
CREATE TABLE `connections` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`user_id` text NOT NULL,
	`provider` text NOT NULL,
	`account_id` text NOT NULL,
	`account_name` text NOT NULL,
	`method` text NOT NULL,
	`multi_account` integer NOT NULL,
	`status` text NOT NULL,
	`status_reason` text,
	`public_json` text DEFAULT '{}' NOT NULL,
	`region` text,
	`role_arn` text,
	`read_only_role_arn` text,
	`workspace_id` text,
	`parent_id` text,
	`secret_version` integer DEFAULT 1 NOT NULL,
	`expires_at` integer,
	`last_verified_at` integer,
	`disabled_integrations` text DEFAULT '[]' NOT NULL,
	`checked_at` integer,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `connections_account` ON `connections` (`org_id`,`provider`,`account_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `connections_single` ON `connections` (`org_id`,`provider`) WHERE multi_account = 0 AND status IN ('connected', 'error');--> statement-breakpoint
CREATE INDEX `connections_verified` ON `connections` (`last_verified_at`) WHERE status = 'connected';--> statement-breakpoint
CREATE TABLE `connector_jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`user_id` text NOT NULL,
	`connection_id` text,
	`provider` text NOT NULL,
	`kind` text NOT NULL,
	`state` text DEFAULT 'PENDING' NOT NULL,
	`step` integer DEFAULT 0 NOT NULL,
	`total_steps` integer DEFAULT 0 NOT NULL,
	`progress` integer DEFAULT 0 NOT NULL,
	`status_text` text,
	`propagation_json` text,
	`input_json` text DEFAULT '{}' NOT NULL,
	`result_json` text,
	`error_code` text,
	`attempts` integer DEFAULT 0 NOT NULL,
	`lease_until` integer,
	`last_enqueued_at` integer,
	`claim_sealed` text,
	`claim_expires_at` integer,
	`claimed_at` integer,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE INDEX `connector_jobs_open` ON `connector_jobs` (`updated_at`) WHERE state IN ('PENDING', 'STARTED', 'PROGRESS');--> statement-breakpoint
CREATE INDEX `connector_jobs_claims` ON `connector_jobs` (`claim_expires_at`) WHERE claim_sealed IS NOT NULL;--> statement-breakpoint
CREATE INDEX `connector_jobs_connection` ON `connector_jobs` (`connection_id`);--> statement-breakpoint
CREATE INDEX `connector_jobs_age` ON `connector_jobs` (`created_at`);--> statement-breakpoint
CREATE TABLE `oauth_states` (
	`state_hash` text PRIMARY KEY NOT NULL,
	`provider` text NOT NULL,
	`user_id` text NOT NULL,
	`org_id` text NOT NULL,
	`redirect_uri` text NOT NULL,
	`verifier_sealed` text NOT NULL,
	`nonce_hash` text,
	`browser_hash` text NOT NULL,
	`endpoint` text,
	`redirect_after` text,
	`extra_json` text DEFAULT '{}' NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `oauth_states_user` ON `oauth_states` (`user_id`,`expires_at`);--> statement-breakpoint
CREATE INDEX `oauth_states_end` ON `oauth_states` (`expires_at`);--> statement-breakpoint
CREATE TABLE `connected_repos` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`user_id` text NOT NULL,
	`provider` text NOT NULL,
	`repo_full_name` text NOT NULL,
	`repo_id` text,
	`installation_id` integer,
	`default_branch` text,
	`is_private` integer DEFAULT false NOT NULL,
	`repo_data_json` text DEFAULT '{}' NOT NULL,
	`metadata_summary` text,
	`metadata_status` text,
	`change_gating_enabled` integer DEFAULT false NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `connected_repos_name` ON `connected_repos` (`org_id`,`provider`,`repo_full_name`);--> statement-breakpoint
CREATE TABLE `workspaces` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`user_id` text NOT NULL,
	`name` text NOT NULL,
	`aws_external_id` text NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `workspaces_name` ON `workspaces` (`org_id`,`name`);--> statement-breakpoint
CREATE TABLE `correlation_rules` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`name` text NOT NULL,
	`enabled` integer DEFAULT true NOT NULL,
	`priority` integer NOT NULL,
	`match` text NOT NULL,
	`group_by` text NOT NULL,
	`window_seconds` integer NOT NULL,
	`exclusive` integer DEFAULT false NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE INDEX `rules_order` ON `correlation_rules` (`org_id`,`priority`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `rules_name` ON `correlation_rules` (`org_id`,`name`);--> statement-breakpoint
CREATE TABLE `incident_group_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`rule_id` text NOT NULL,
	`group_key` text NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	FOREIGN KEY (`org_id`,`incident_id`) REFERENCES `incidents`(`org_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `group_keys_once` ON `incident_group_keys` (`rule_id`,`group_key`,`incident_id`);--> statement-breakpoint
CREATE INDEX `group_keys_incident` ON `incident_group_keys` (`incident_id`);--> statement-breakpoint
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
CREATE TABLE `alert_numbers` (
	`alert_id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`number` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alert_numbers_number` ON `alert_numbers` (`org_id`,`number`);--> statement-breakpoint
CREATE TABLE `sns_subscriptions` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`integration_id` text NOT NULL,
	`topic_arn` text NOT NULL,
	`state` text NOT NULL,
	`delivery_id` text NOT NULL,
	`requested_at` integer NOT NULL,
	`confirmed_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sns_subscriptions_topic` ON `sns_subscriptions` (`integration_id`,`topic_arn`);--> statement-breakpoint
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
CREATE TABLE `incident_feedback` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`user_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`feedback_type` text NOT NULL,
	`comment` text,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	FOREIGN KEY (`org_id`,`incident_id`) REFERENCES `incidents`(`org_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `feedback_once` ON `incident_feedback` (`user_id`,`incident_id`);--> statement-breakpoint
CREATE INDEX `feedback_incident` ON `incident_feedback` (`incident_id`);--> statement-breakpoint
CREATE TABLE `learning_records` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`feedback_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`payload` text NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	FOREIGN KEY (`feedback_id`) REFERENCES `incident_feedback`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`org_id`,`incident_id`) REFERENCES `incidents`(`org_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `learning_records_feedbackId_unique` ON `learning_records` (`feedback_id`);--> statement-breakpoint
CREATE INDEX `learning_incident` ON `learning_records` (`incident_id`);--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`org_id` text NOT NULL,
	`user_id` text NOT NULL,
	`path` text NOT NULL,
	`key` text NOT NULL,
	`body_hash` text NOT NULL,
	`state` text NOT NULL,
	`claim` text NOT NULL,
	`status` integer,
	`response` text,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	PRIMARY KEY(`org_id`, `user_id`, `path`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_age` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
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
CREATE TABLE `incident_tallies` (
	`org_id` text NOT NULL,
	`kind` text NOT NULL,
	`value` text NOT NULL,
	`n` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`org_id`, `kind`, `value`)
);
--> statement-breakpoint
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
	`own_window_seconds` integer,
	`suppressed_by` text,
	`join_pace` text,
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
CREATE INDEX `incidents_list_severity` ON `incidents` (`org_id`,`severity`,`started_at`,`id`) WHERE status <> 'merged';--> statement-breakpoint
CREATE INDEX `incidents_list_service` ON `incidents` (`org_id`,`alert_service`,`started_at`,`id`) WHERE status <> 'merged';--> statement-breakpoint
CREATE INDEX `incidents_list_source` ON `incidents` (`org_id`,`source_type`,`started_at`,`id`) WHERE status <> 'merged';--> statement-breakpoint
CREATE INDEX `incidents_suppressed` ON `incidents` (`suppressed_by`) WHERE suppressed_by IS NOT NULL;--> statement-breakpoint
CREATE INDEX `incidents_fresh` ON `incidents` (`org_id`,`created_at`) WHERE status = 'investigating';--> statement-breakpoint
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
	`last_test_at` integer,
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
CREATE TABLE `invitations` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`email` text NOT NULL,
	`role` text NOT NULL,
	`token_hash` text NOT NULL,
	`state` text DEFAULT 'pending' NOT NULL,
	`invited_by` text NOT NULL,
	`expires_at` integer NOT NULL,
	`decided_at` integer,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `invitations_tokenHash_unique` ON `invitations` (`token_hash`);--> statement-breakpoint
CREATE INDEX `invitations_org` ON `invitations` (`org_id`,`created_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `invitations_pending` ON `invitations` (`org_id`,`email`) WHERE state = 'pending';--> statement-breakpoint
CREATE TABLE `llm_usage` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`user_id` text,
	`session_id` text,
	`incident_id` text,
	`run_id` text,
	`step` text,
	`iteration` integer,
	`attempt` integer,
	`provider` text NOT NULL,
	`model_name` text NOT NULL,
	`request_type` text NOT NULL,
	`input_tokens` integer DEFAULT 0 NOT NULL,
	`output_tokens` integer DEFAULT 0 NOT NULL,
	`cached_input_tokens` integer DEFAULT 0 NOT NULL,
	`reasoning_tokens` integer DEFAULT 0 NOT NULL,
	`tokens_estimated` integer DEFAULT false NOT NULL,
	`estimated_cost` real,
	`cost_usd_micros` integer,
	`priced` integer DEFAULT false NOT NULL,
	`response_time_ms` integer,
	`outcome` text DEFAULT 'ok' NOT NULL,
	`error` text,
	`timestamp` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `llm_usage_user` ON `llm_usage` (`user_id`,`model_name`);--> statement-breakpoint
CREATE INDEX `llm_usage_incident` ON `llm_usage` (`incident_id`) WHERE incident_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `llm_usage_org` ON `llm_usage` (`org_id`,`timestamp`);--> statement-breakpoint
CREATE TABLE `maintenance_windows` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`name` text NOT NULL,
	`reason` text DEFAULT '' NOT NULL,
	`starts_at` integer NOT NULL,
	`ends_at` integer NOT NULL,
	`match` text NOT NULL,
	`end_when_quiet_seconds` integer,
	`last_match_at` integer,
	`tended_at` integer,
	`ended_at` integer,
	`deleted_at` integer,
	`created_by` text NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE INDEX `windows_org` ON `maintenance_windows` (`org_id`,`starts_at`);--> statement-breakpoint
CREATE INDEX `windows_current` ON `maintenance_windows` (`org_id`,`ends_at`) WHERE ended_at IS NULL;--> statement-breakpoint
CREATE INDEX `windows_unfinished` ON `maintenance_windows` (`starts_at`) WHERE ended_at IS NULL;--> statement-breakpoint
CREATE TABLE `suppressed_incidents` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`window_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`ended_at` integer,
	`outcome` text,
	FOREIGN KEY (`window_id`) REFERENCES `maintenance_windows`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`org_id`,`incident_id`) REFERENCES `incidents`(`org_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `suppressed_once` ON `suppressed_incidents` (`window_id`,`incident_id`);--> statement-breakpoint
CREATE TABLE `organization_settings` (
	`org_id` text PRIMARY KEY NOT NULL,
	`correlation` text DEFAULT '{}' NOT NULL,
	`investigation` text DEFAULT '{}' NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`topology_version` integer DEFAULT 1 NOT NULL,
	`storm_until` integer,
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
CREATE TABLE `postmortem_versions` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`version` integer NOT NULL,
	`content` text NOT NULL,
	`origin` text NOT NULL,
	`user_id` text,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	FOREIGN KEY (`org_id`,`incident_id`) REFERENCES `incidents`(`org_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `postmortem_versions_number` ON `postmortem_versions` (`incident_id`,`version`);--> statement-breakpoint
CREATE TABLE `postmortems` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`user_id` text,
	`state` text NOT NULL,
	`run_id` text,
	`requested_at` integer NOT NULL,
	`content` text,
	`version` integer DEFAULT 0 NOT NULL,
	`generated_at` integer,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`confluence_page_id` text,
	`confluence_page_url` text,
	`confluence_exported_at` integer,
	FOREIGN KEY (`org_id`,`incident_id`) REFERENCES `incidents`(`org_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `postmortems_incident` ON `postmortems` (`incident_id`);--> statement-breakpoint
CREATE INDEX `postmortems_list` ON `postmortems` (`org_id`,`generated_at`,`id`);--> statement-breakpoint
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
CREATE TABLE `user_preferences` (
	`org_id` text NOT NULL,
	`user_id` text NOT NULL,
	`preference_key` text NOT NULL,
	`preference_value` text NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	PRIMARY KEY(`org_id`, `user_id`, `preference_key`)
);
--> statement-breakpoint
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