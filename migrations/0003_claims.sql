ALTER TABLE `claims` ADD `heard_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `claims` ADD `agreed_at` integer;--> statement-breakpoint
CREATE INDEX `claims_signed` ON `claims` (gem_name || number);--> statement-breakpoint
UPDATE `claims` SET `heard_at` = (SELECT `received_at` FROM `events` WHERE `id` = `event_id`);
