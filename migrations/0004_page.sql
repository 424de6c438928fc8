CREATE TABLE `inbox_messages` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account_id` integer NOT NULL,
	`name` text NOT NULL,
	`message_id` text NOT NULL,
	`delivery_id` integer,
	`message` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `inbox_messages_message_id_unique` ON `inbox_messages` (`message_id`);--> statement-breakpoint
CREATE INDEX `inbox_messages_inbox` ON `inbox_messages` (`account_id`,`name`);--> statement-breakpoint
CREATE TABLE `latencies` (
	`account_id` integer NOT NULL,
	`day` integer NOT NULL,
	`bucket` integer NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`account_id`, `day`, `bucket`)
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`hash` text PRIMARY KEY NOT NULL,
	`account_id` integer NOT NULL,
	`key_id` integer,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `sessions_expiry` ON `sessions` (`expires_at`);--> statement-breakpoint
CREATE TABLE `sign_in_links` (
	`hash` text PRIMARY KEY NOT NULL,
	`account_id` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
DROP INDEX `deliveries_pending`;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `account_id` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `attempts_before` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE `deliveries` SET `account_id` = (SELECT `account_id` FROM `endpoints` WHERE `endpoints`.`id` = `endpoint_id`);--> statement-breakpoint
CREATE INDEX `deliveries_account` ON `deliveries` (`account_id`,`state`,`event_id`);--> statement-breakpoint
CREATE INDEX `deliveries_endpoint` ON `deliveries` (`endpoint_id`,`state`,`event_id`);--> statement-breakpoint
CREATE INDEX `deliveries_dead` ON `deliveries` (`account_id`,`endpoint_id`) WHERE state = 'dead';--> statement-breakpoint
CREATE INDEX `events_release` ON `events` (`gem_name`,`number`,`kind`);--> statement-breakpoint
CREATE INDEX `events_received` ON `events` (`received_at`,`kind`);--> statement-breakpoint
CREATE INDEX `events_rare` ON `events` (`kind`) WHERE kind <> 'pushed';