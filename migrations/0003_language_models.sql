CREATE TABLE `agent_connections` (
	`cluster_id` text PRIMARY KEY NOT NULL,
	`token_id` text NOT NULL,
	`org_id` text NOT NULL,
	`connected_at` integer NOT NULL,
	`last_heartbeat` integer NOT NULL,
	`agent_version` text,
	`k8s_context` text,
	`disconnected_at` integer,
	FOREIGN KEY (`token_id`) REFERENCES `agent_tokens`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `agent_connections_org` ON `agent_connections` (`org_id`,`connected_at`);--> statement-breakpoint
CREATE TABLE `agent_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`user_id` text NOT NULL,
	`token_hash` text NOT NULL,
	`preview` text NOT NULL,
	`cluster_id` text NOT NULL,
	`cluster_name` text NOT NULL,
	`notes` text,
	`status` text DEFAULT 'active' NOT NULL,
	`expires_at` integer,
	`last_connected_at` integer,
	`previous_hash` text,
	`previous_until` integer,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `agent_tokens_hash` ON `agent_tokens` (`token_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `agent_tokens_cluster` ON `agent_tokens` (`cluster_id`);--> statement-breakpoint
CREATE INDEX `agent_tokens_previous` ON `agent_tokens` (`previous_hash`) WHERE previous_hash IS NOT NULL;--> statement-breakpoint
CREATE INDEX `agent_tokens_org` ON `agent_tokens` (`org_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `llm_ledger` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`run_id` text NOT NULL,
	`step` text NOT NULL,
	`iteration` integer NOT NULL,
	`attempt` integer NOT NULL,
	`day` integer NOT NULL,
	`provider` text NOT NULL,
	`model_name` text NOT NULL,
	`state` text DEFAULT 'reserved' NOT NULL,
	`input_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`cost_micros` integer NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `llm_ledger_call` ON `llm_ledger` (`run_id`,`step`,`iteration`,`attempt`);--> statement-breakpoint
CREATE INDEX `llm_ledger_day` ON `llm_ledger` (`org_id`,`day`);--> statement-breakpoint
CREATE TABLE `llm_settings` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`enabled` integer DEFAULT true NOT NULL,
	`provider` text,
	`model` text,
	`base_url` text,
	`sealed_key` text,
	`key_hint` text,
	`context_tokens` integer,
	`tool_mode` text DEFAULT 'native' NOT NULL,
	`prices` text DEFAULT '{}' NOT NULL,
	`updated_by` text NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `llm_settings_org` ON `llm_settings` (`org_id`);--> statement-breakpoint
CREATE TABLE `security_events` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`kind` text NOT NULL,
	`incident_id` text,
	`run_id` text,
	`place` text NOT NULL,
	`rules` text DEFAULT '[]' NOT NULL,
	`detail` text NOT NULL,
	`dedupe_key` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `security_events_once` ON `security_events` (`org_id`,`dedupe_key`);--> statement-breakpoint
CREATE INDEX `security_events_at` ON `security_events` (`org_id`,`at`,`id`);