import { sql } from 'drizzle-orm'
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { DeliveryState, Verdict } from '../delivery.js'
import type { Channel } from '../endpoint.js'
import type { EventKind } from '../event.js'

// All times are ms since the epoch, UTC.

/** Single facts about this installation, such as its id. */
export const meta = sqliteTable('meta', {
  key: text().primaryKey(),
  value: text().notNull(),
})

export const accounts = sqliteTable('accounts', {
  id: integer().primaryKey(),
  name: text().notNull().unique(),
  createdAt: integer('created_at').notNull(),
})

export const apiKeys = sqliteTable('api_keys', {
  id: integer().primaryKey(),
  accountId: integer('account_id')
    .notNull()
    .references(() => accounts.id),
  name: text().notNull(),
  /** SHA-256 hex of the key, for lookup. */
  hash: text().notNull().unique(),
  /** The key itself, sealed with the installation's secret: outgoing webhooks are signed with it. */
  sealed: text().notNull(),
  createdAt: integer('created_at').notNull(),
  revokedAt: integer('revoked_at'),
})

export const releases = sqliteTable(
  'releases',
  {
    id: integer().primaryKey(),
    gemName: text('gem_name').notNull(),
    number: text().notNull(),
    platform: text().notNull(),
    yanked: integer({ mode: 'boolean' }).notNull(),
    /** The event that brought the release into its present state. */
    eventId: integer('event_id').notNull(),
    firstSeenAt: integer('first_seen_at').notNull(),
    /** When it was pushed, by its first payload; when it was first seen, if that says nothing sane. */
    createdAt: integer('created_at').notNull().default(0),
  },
  (t) => [
    uniqueIndex('releases_identity').on(t.gemName, t.number, t.platform),
    index('releases_creation').on(t.createdAt),
  ],
)

/** What can be searched: derived from releases and events, a little behind them until somebody asks. */
export const gems = sqliteTable(
  'gems',
  {
    id: integer().primaryKey(),
    name: text().notNull().unique(),
    /** When the first of its releases was created. */
    createdAt: integer('created_at').notNull(),
    /** Its most recent version (protocol/rubygems-webhooks.md §5.3). */
    releaseId: integer('release_id').notNull(),
    /** Whether any release is live. */
    live: integer({ mode: 'boolean' }).notNull(),
    /** Whether any live release is no prerelease. */
    stable: integer({ mode: 'boolean' }).notNull(),
    downloads: integer().notNull(),
    /** Name and info in lower case. */
    words: text().notNull(),
  },
  (t) => [index('gems_creation').on(t.createdAt).where(sql`stable = 1`)],
)

export const events = sqliteTable(
  'events',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    kind: text().$type<EventKind>().notNull(),
    gemName: text('gem_name').notNull(),
    number: text().notNull(),
    platform: text().notNull(),
    /** Exactly the bytes received. */
    payload: blob({ mode: 'buffer' }).notNull(),
    receivedAt: integer('received_at').notNull(),
    /** The highest earlier live release when fan-out began; what the jump is measured from. */
    previous: text(),
    /** Endpoints up to this id have their delivery; null before fan-out begins. */
    fanOutCursor: integer('fan_out_cursor'),
    fannedOutAt: integer('fanned_out_at'),
  },
  (t) => [index('events_to_fan_out').on(t.id).where(sql`fanned_out_at IS NULL`)],
)

export const endpoints = sqliteTable(
  'endpoints',
  {
    id: integer().primaryKey(),
    accountId: integer('account_id')
      .notNull()
      .references(() => accounts.id),
    channel: text().$type<Channel>().notNull(),
    url: text().notNull(),
    createdAt: integer('created_at').notNull(),
    /** When it was created, or last enabled again. */
    enabledAt: integer('enabled_at').notNull(),
    disabledAt: integer('disabled_at'),
    disabledReason: text('disabled_reason'),
    failuresSinceLastSuccess: integer('failures_since_last_success').notNull().default(0),
    successesSinceLastFailure: integer('successes_since_last_failure').notNull().default(0),
    lastSuccessAt: integer('last_success_at'),
    lastFailureAt: integer('last_failure_at'),
  },
  (t) => [uniqueIndex('endpoints_identity').on(t.accountId, t.channel, t.url)],
)

export const hooks = sqliteTable(
  'hooks',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    accountId: integer('account_id')
      .notNull()
      .references(() => accounts.id),
    /** A gem's name, or `*` for all gems. */
    gemName: text('gem_name').notNull(),
    url: text().notNull(),
    endpointId: integer('endpoint_id')
      .notNull()
      .references(() => endpoints.id),
    /** Lifetime total of deliveries that ended dead (protocol/rubygems-webhooks.md §6). */
    failureCount: integer('failure_count').notNull().default(0),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [
    uniqueIndex('hooks_identity').on(t.accountId, t.gemName, t.url),
    index('hooks_wanting').on(t.gemName, t.endpointId),
    index('hooks_endpoint').on(t.endpointId),
  ],
)

/**
 * Where a pending delivery stands: ready to go, waiting for its time, or handed to the transport. `withdrawn` is one that was
 * cancelled while it was handed out, until the transport was told.
 */
export type Stage = 'due' | 'waiting' | 'leased' | 'withdrawn'

export const deliveries = sqliteTable(
  'deliveries',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    eventId: integer('event_id')
      .notNull()
      .references(() => events.id),
    endpointId: integer('endpoint_id')
      .notNull()
      .references(() => endpoints.id),
    /** The endpoint's channel, repeated here so that each channel's queue is one index range. */
    channel: text().$type<Channel>().notNull(),
    state: text().$type<DeliveryState>().notNull(),
    /** Null once the delivery is final and the transport knows. */
    stage: text().$type<Stage>(),
    /** When a waiting delivery is due. */
    dueAt: integer('due_at').notNull(),
    /** When a lease ends without an outcome. */
    leaseUntil: integer('lease_until'),
    /** Attempts recorded. */
    attempts: integer().notNull().default(0),
    createdAt: integer('created_at').notNull(),
    finishedAt: integer('finished_at'),
  },
  (t) => [
    uniqueIndex('deliveries_identity').on(t.eventId, t.endpointId),
    index('deliveries_due').on(t.channel, t.endpointId, t.id).where(sql`stage = 'due'`),
    index('deliveries_waiting').on(t.dueAt).where(sql`stage = 'waiting'`),
    index('deliveries_leased').on(t.leaseUntil).where(sql`stage = 'leased'`),
    index('deliveries_withdrawn').on(t.id).where(sql`stage = 'withdrawn'`),
    index('deliveries_pending').on(t.endpointId, t.eventId).where(sql`state = 'pending'`),
  ],
)

export const attempts = sqliteTable(
  'attempts',
  {
    deliveryId: integer('delivery_id')
      .notNull()
      .references(() => deliveries.id),
    number: integer().notNull(),
    startedAt: integer('started_at').notNull(),
    durationMs: integer('duration_ms').notNull(),
    verdict: text().$type<Verdict>().notNull(),
    statusCode: integer('status_code'),
    /** First 16 KiB of what the far side said. */
    response: text(),
    error: text(),
  },
  (t) => [primaryKey({ columns: [t.deliveryId, t.number] })],
)
