CREATE TABLE `refused_counts` (
	`org_id` text NOT NULL,
	`integration_id` text NOT NULL,
	`hour` integer NOT NULL,
	`refused` integer NOT NULL,
	PRIMARY KEY(`integration_id`, `hour`),
	FOREIGN KEY (`integration_id`) REFERENCES `integrations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
ALTER TABLE `organization_settings` ADD `body_retention_days` integer;