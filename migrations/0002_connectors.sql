CREATE TABLE `github_ownership_proofs` (
	`org_id` text NOT NULL,
	`user_id` text NOT NULL,
	`installations_json` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`org_id`, `user_id`)
);
--> statement-breakpoint
CREATE INDEX `github_ownership_proofs_end` ON `github_ownership_proofs` (`expires_at`);--> statement-breakpoint
CREATE TABLE `manual_vms` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`user_id` text NOT NULL,
	`name` text NOT NULL,
	`ip_address` text NOT NULL,
	`port` integer DEFAULT 22 NOT NULL,
	`ssh_username` text,
	`ssh_key_id` text,
	`reachable_at` integer,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `manual_vms_name` ON `manual_vms` (`org_id`,`name`);--> statement-breakpoint
CREATE INDEX `manual_vms_key` ON `manual_vms` (`ssh_key_id`);--> statement-breakpoint
CREATE TABLE `ssh_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`user_id` text NOT NULL,
	`label` text NOT NULL,
	`public_key` text NOT NULL,
	`private_key_sealed` text NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `ssh_keys_label` ON `ssh_keys` (`org_id`,`label`);--> statement-breakpoint
CREATE UNIQUE INDEX `connections_installation` ON `connections` (`account_id`) WHERE provider = 'github' AND method = 'api_key' AND status IN ('connected', 'error');