CREATE TABLE `command_policies` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`mode` text NOT NULL,
	`pattern` text NOT NULL,
	`description` text NOT NULL,
	`priority` integer NOT NULL,
	`enabled` integer DEFAULT true NOT NULL,
	`updated_by` text NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE INDEX `command_policies_order` ON `command_policies` (`org_id`,`priority`,`id`);--> statement-breakpoint
CREATE TABLE `command_policy_lists` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`allowlist_enabled` integer DEFAULT false NOT NULL,
	`denylist_enabled` integer DEFAULT false NOT NULL,
	`active_template_id` text,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `command_policy_lists_org` ON `command_policy_lists` (`org_id`);