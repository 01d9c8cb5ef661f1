CREATE TABLE `notification_channels` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`enabled` integer DEFAULT true NOT NULL,
	`events` text NOT NULL,
	`config` text NOT NULL,
	`sealed` text,
	`created_by` text NOT NULL,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`updated_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	`deleted_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `notification_channels_name` ON `notification_channels` (`org_id`,`name`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `notification_channels_sealed` ON `notification_channels` (`id`) WHERE sealed IS NOT NULL;--> statement-breakpoint
CREATE TABLE `notification_deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`org_id` text NOT NULL,
	`channel_id` text NOT NULL,
	`event` text NOT NULL,
	`cause_id` text NOT NULL,
	`incident_id` text,
	`run_id` text,
	`payload` text NOT NULL,
	`state` text DEFAULT 'pending' NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_at` integer NOT NULL,
	`lease_owner` text,
	`last_status` integer,
	`last_error` text,
	`done_at` integer,
	`created_at` integer DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)) NOT NULL,
	FOREIGN KEY (`channel_id`) REFERENCES `notification_channels`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`org_id`,`incident_id`) REFERENCES `incidents`(`org_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `notifications_once` ON `notification_deliveries` (`channel_id`,`cause_id`);--> statement-breakpoint
CREATE INDEX `notifications_due` ON `notification_deliveries` (`org_id`,`next_at`) WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX `notifications_order` ON `notification_deliveries` (`channel_id`,`incident_id`) WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX `notifications_list` ON `notification_deliveries` (`org_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `evidence_hash` ON `evidence` (`org_id`,`output_sha256`);