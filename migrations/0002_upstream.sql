CREATE TABLE `claims` (
	`event_id` integer PRIMARY KEY NOT NULL,
	`gem_name` text NOT NULL,
	`number` text NOT NULL,
	`platform` text NOT NULL,
	`yanked` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `claims_release` ON `claims` (`gem_name`,`number`,`platform`);--> statement-breakpoint
CREATE TABLE `index_lines` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`text` text NOT NULL,
	`ends_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `tallies` (
	`name` text PRIMARY KEY NOT NULL,
	`value` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `upstream_hooks` (
	`host` text NOT NULL,
	`gem_name` text NOT NULL,
	`url` text NOT NULL,
	`failure_count` integer NOT NULL,
	`seen_at` integer NOT NULL,
	`risen_at` integer,
	PRIMARY KEY(`host`, `gem_name`, `url`)
);
--> statement-breakpoint
CREATE TABLE `upstreams` (
	`host` text PRIMARY KEY NOT NULL,
	`begun_at` integer NOT NULL,
	`complete_until` integer NOT NULL,
	`completed_at` integer,
	`published_at` integer,
	`versions_etag` text
);
--> statement-breakpoint
DROP INDEX `events_to_fan_out`;--> statement-breakpoint
ALTER TABLE `events` ADD `webhook_at` integer;--> statement-breakpoint
ALTER TABLE `events` ADD `catch_up_at` integer;--> statement-breakpoint
ALTER TABLE `events` ADD `check_at` integer;--> statement-breakpoint
ALTER TABLE `events` ADD `checks` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `events` ADD `contradicted_at` integer;--> statement-breakpoint
ALTER TABLE `events` ADD `confirmation` text;--> statement-breakpoint
ALTER TABLE `events` ADD `doubt` text;--> statement-breakpoint
ALTER TABLE `events` ADD `via` text;--> statement-breakpoint
ALTER TABLE `events` ADD `facts` blob;--> statement-breakpoint
CREATE INDEX `events_to_check` ON `events` (`check_at`) WHERE check_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `events_to_fan_out` ON `events` (`id`) WHERE fanned_out_at IS NULL AND check_at IS NULL;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `expires_at` integer;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `last_used_at` integer;--> statement-breakpoint
ALTER TABLE `releases` ADD `position` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `releases` ADD `changed_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `releases_position` ON `releases` (`position`);
--> statement-breakpoint
UPDATE `events` SET `webhook_at` = `received_at`;--> statement-breakpoint
UPDATE `releases` SET `position` = `event_id`, `changed_at` = (SELECT `received_at` FROM `events` WHERE `id` = `event_id`);--> statement-breakpoint
DELETE FROM `meta` WHERE `key` = 'indexed events';--> statement-breakpoint
INSERT INTO `tallies` (`name`, `value`) SELECT 'webhook', count(*) FROM `events`;--> statement-breakpoint
INSERT INTO `tallies` (`name`, `value`) SELECT 'last webhook', max(`received_at`) FROM `events` HAVING count(*) > 0;
