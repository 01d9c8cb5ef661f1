CREATE TABLE `tool_approvals` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`tool` text NOT NULL,
	`args` text NOT NULL,
	`args_sha256` text NOT NULL,
	`reason` text NOT NULL,
	`risk` text NOT NULL,
	`state` text DEFAULT 'requested' NOT NULL,
	`requested_by` text NOT NULL,
	`decided_by` text,
	`decided_at` integer,
	`expires_at` integer NOT NULL,
	`result` text,
	`error_code` text,
	`error` text,
	`ended_at` integer,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	FOREIGN KEY (`org_id`,`incident_id`) REFERENCES `incidents`(`org_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `tool_approvals_list` ON `tool_approvals` (`org_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `tool_approvals_state` ON `tool_approvals` (`org_id`,`state`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `tool_approvals_incident` ON `tool_approvals` (`incident_id`);--> statement-breakpoint
CREATE TABLE `tool_permissions` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`tool` text NOT NULL,
	`enabled` integer NOT NULL,
	`updated_by` text NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tool_permissions_tool` ON `tool_permissions` (`org_id`,`tool`);