ALTER TABLE `alerts` ADD `repeat_pace` text;--> statement-breakpoint
ALTER TABLE `ingest_deliveries` ADD `counted` text;--> statement-breakpoint
CREATE INDEX `deliveries_counted` ON `ingest_deliveries` (`org_id`,`received_at`) WHERE counted IS NOT NULL;--> statement-breakpoint
ALTER TABLE `incidents` ADD `joins_due_at` integer;--> statement-breakpoint
CREATE INDEX `incidents_joins_due` ON `incidents` (`joins_due_at`) WHERE joins_due_at IS NOT NULL;