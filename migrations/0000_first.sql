CREATE TABLE `accounts` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_name_unique` ON `accounts` (`name`);--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` integer PRIMARY KEY NOT NULL,
	`account_id` integer NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`sealed` text NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash_unique` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE TABLE `attempts` (
	`delivery_id` integer NOT NULL,
	`number` integer NOT NULL,
	`started_at` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`verdict` text NOT NULL,
	`status_code` integer,
	`response` text,
	`error` text,
	PRIMARY KEY(`delivery_id`, `number`),
	FOREIGN KEY (`delivery_id`) REFERENCES `deliveries`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `deliveries` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`event_id` integer NOT NULL,
	`endpoint_id` integer NOT NULL,
	`channel` text NOT NULL,
	`state` text NOT NULL,
	`stage` text,
	`due_at` integer NOT NULL,
	`lease_until` integer,
	`attempts` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`finished_at` integer,
	FOREIGN KEY (`event_id`) REFERENCES `events`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`endpoint_id`) REFERENCES `endpoints`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `deliveries_identity` ON `deliveries` (`event_id`,`endpoint_id`);--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`channel`,`endpoint_id`,`id`) WHERE stage = 'due';--> statement-breakpoint
CREATE INDEX `deliveries_waiting` ON `deliveries` (`due_at`) WHERE stage = 'waiting';--> statement-breakpoint
CREATE INDEX `deliveries_leased` ON `deliveries` (`lease_until`) WHERE stage = 'leased';--> statement-breakpoint
CREATE INDEX `deliveries_withdrawn` ON `deliveries` (`id`) WHERE stage = 'withdrawn';--> statement-breakpoint
CREATE INDEX `deliveries_pending` ON `deliveries` (`endpoint_id`,`event_id`) WHERE state = 'pending';--> statement-breakpoint
CREATE TABLE `endpoints` (
	`id` integer PRIMARY KEY NOT NULL,
	`account_id` integer NOT NULL,
	`channel` text NOT NULL,
	`url` text NOT NULL,
	`created_at` integer NOT NULL,
	`enabled_at` integer NOT NULL,
	`disabled_at` integer,
	`disabled_reason` text,
	`failures_since_last_success` integer DEFAULT 0 NOT NULL,
	`successes_since_last_failure` integer DEFAULT 0 NOT NULL,
	`last_success_at` integer,
	`last_failure_at` integer,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `endpoints_identity` ON `endpoints` (`account_id`,`channel`,`url`);--> statement-breakpoint
CREATE TABLE `events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`gem_name` text NOT NULL,
	`number` text NOT NULL,
	`platform` text NOT NULL,
	`payload` blob NOT NULL,
	`received_at` integer NOT NULL,
	`previous` text,
	`fan_out_cursor` integer,
	`fanned_out_at` integer
);
--> statement-breakpoint
CREATE INDEX `events_to_fan_out` ON `events` (`id`) WHERE fanned_out_at IS NULL;--> statement-breakpoint
CREATE TABLE `hooks` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account_id` integer NOT NULL,
	`gem_name` text NOT NULL,
	`url` text NOT NULL,
	`endpoint_id` integer NOT NULL,
	`failure_count` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`endpoint_id`) REFERENCES `endpoints`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `hooks_identity` ON `hooks` (`account_id`,`gem_name`,`url`);--> statement-breakpoint
CREATE INDEX `hooks_wanting` ON `hooks` (`gem_name`,`endpoint_id`);--> statement-breakpoint
CREATE INDEX `hooks_endpoint` ON `hooks` (`endpoint_id`);--> statement-breakpoint
CREATE TABLE `meta` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `releases` (
	`id` integer PRIMARY KEY NOT NULL,
	`gem_name` text NOT NULL,
	`number` text NOT NULL,
	`platform` text NOT NULL,
	`yanked` integer NOT NULL,
	`event_id` integer NOT NULL,
	`first_seen_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `releases_identity` ON `releases` (`gem_name`,`number`,`platform`);