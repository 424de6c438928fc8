CREATE TABLE `gems` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL,
	`release_id` integer NOT NULL,
	`live` integer NOT NULL,
	`stable` integer NOT NULL,
	`downloads` integer NOT NULL,
	`words` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `gems_name_unique` ON `gems` (`name`);--> statement-breakpoint
CREATE INDEX `gems_creation` ON `gems` (`created_at`) WHERE stable = 1;--> statement-breakpoint
ALTER TABLE `releases` ADD `created_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE `releases` SET `created_at` = coalesce(
	(SELECT ms FROM
		(SELECT CAST(round(unixepoch(claim, 'subsec') * 1000) AS INTEGER) AS ms FROM
			(SELECT iif(json_valid(body), json_extract(body, '$.version_created_at'), NULL) AS claim FROM
				(SELECT CAST(payload AS TEXT) AS body FROM events WHERE events.id = releases.event_id))
			WHERE claim GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*')
		WHERE ms BETWEEN 1041379200000 AND releases.first_seen_at + 60000),
	first_seen_at);
--> statement-breakpoint
CREATE INDEX `releases_creation` ON `releases` (`created_at`);