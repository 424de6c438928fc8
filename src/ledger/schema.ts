import { sql } from 'drizzle-orm'
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { DeliveryState, Verdict } from '../delivery.js'
import type { Channel } from '../endpoint.js'
import type { Confirmation, EventKind } from '../event.js'

// All times are ms since the epoch, UTC; by the wall clock where nothing else is said.

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
  /** From when on it is no longer valid; null: it does not end by itself. */
  expiresAt: integer('expires_at'),
  /** Kept to the minute. */
  lastUsedAt: integer('last_used_at'),
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
    /** Its place in the order in which releases came into their present states. */
    position: integer().notNull().default(0),
    /** When it came into its present state. */
    changedAt: integer('changed_at').notNull().default(0),
  },
  (t) => [
    uniqueIndex('releases_identity').on(t.gemName, t.number, t.platform),
    index('releases_creation').on(t.createdAt),
    index('releases_position').on(t.position),
  ],
)

/** Events that are still to be checked with the upstream, by release. */
export const claims = sqliteTable(
  'claims',
  {
    eventId: integer('event_id').primaryKey(),
    gemName: text('gem_name').notNull(),
    number: text().notNull(),
    platform: text().notNull(),
    yanked: integer({ mode: 'boolean' }).notNull(),
    /** What the release's `created_at` will be, unless the upstream knows better. */
    createdAt: integer('created_at').notNull(),
    /** When a webhook last told it. */
    heardAt: integer('heard_at').notNull().default(0),
    /** Since when the upstream agrees with it, though what it shows may be old; null: it does not. */
    agreedAt: integer('agreed_at'),
  },
  (t) => [
    index('claims_release').on(t.gemName, t.number, t.platform),
    // What a header proves: all claims with the same text came with the same one.
    index('claims_signed').on(sql`gem_name || number`),
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
    /** Exactly the bytes received; of a claim that stands for one too many, no more than what identifies its release. */
    payload: blob({ mode: 'buffer' }).notNull(),
    receivedAt: integer('received_at').notNull(),
    /** The highest earlier live release when fan-out began; what the jump is measured from. */
    previous: text(),
    /** Endpoints up to this id have their delivery; null before fan-out begins. */
    fanOutCursor: integer('fan_out_cursor'),
    fannedOutAt: integer('fanned_out_at'),
    /** When a webhook first told of it; null: none did. */
    webhookAt: integer('webhook_at'),
    /** When catching up first found it; null: it did not. */
    catchUpAt: integer('catch_up_at'),
    /** When its claim is to be checked with the upstream; null: there is nothing to check. Fan-out waits for it. */
    checkAt: integer('check_at'),
    /** How often that was tried without an end. */
    checks: integer().notNull().default(0),
    /** When the upstream first contradicted it, or since when it is held as if it had; null: neither. */
    contradictedAt: integer('contradicted_at'),
    /** Null: not checked, or not yet. */
    confirmation: text().$type<Confirmation>(),
    /** Why it is not confirmed: one sentence. */
    doubt: text(),
    /** The installations that it came through: `Gemherald-Via`; null when it came from none. */
    via: text(),
    /** The upstream's own payload, where it has one: it goes before what was received. */
    facts: blob({ mode: 'buffer' }),
  },
  (t) => [
    index('events_to_fan_out').on(t.id).where(sql`fanned_out_at IS NULL AND check_at IS NULL`),
    index('events_to_check').on(t.checkAt).where(sql`check_at IS NOT NULL`),
    index('events_release').on(t.gemName, t.number, t.kind),
    index('events_received').on(t.receivedAt, t.kind),
    // Nearly all are pushes, which are found without it.
    index('events_rare').on(t.kind).where(sql`kind <> 'pushed'`),
  ],
)

/** Counts and moments that would take long to find out from the events themselves. */
export const tallies = sqliteTable('tallies', {
  name: text().primaryKey(),
  value: integer().notNull(),
})

/** How far catching up has come with an upstream. */
export const upstreams = sqliteTable('upstreams', {
  /** Base URL. */
  host: text().primaryKey(),
  /** When gemherald first looked: nothing older is caught up with by itself. */
  begunAt: integer('begun_at').notNull(),
  /** Everything that the upstream created up to this time has been seen. */
  completeUntil: integer('complete_until').notNull(),
  /** When that was found out last. */
  completedAt: integer('completed_at'),
  /** When the newest release that was seen there was created. */
  publishedAt: integer('published_at'),
  /** Entity tag of the kept copy of its `/versions`. */
  versionsEtag: text('versions_etag'),
})

/** Our own hooks at an upstream, as they were last listed. */
export const upstreamHooks = sqliteTable(
  'upstream_hooks',
  {
    host: text().notNull(),
    gemName: text('gem_name').notNull(),
    url: text().notNull(),
    failureCount: integer('failure_count').notNull(),
    seenAt: integer('seen_at').notNull(),
    /** When the failure count was last seen to have risen; null: never. */
    risenAt: integer('risen_at'),
  },
  (t) => [primaryKey({ columns: [t.host, t.gemName, t.url] })],
)

/** The lines of the compact index's `/versions` as gemherald serves it: a file that only grows. */
export const indexLines = sqliteTable('index_lines', {
  id: integer().primaryKey({ autoIncrement: true }),
  /** With its newline. */
  text: text().notNull(),
  /** Bytes of all lines up to the end of this one. */
  endsAt: integer('ends_at').notNull(),
})

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
 * cancelled while it was handed out, until its outcome came or its lease ended.
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
    /** The endpoint's account, repeated here so that what an account may see is one index range. */
    accountId: integer('account_id').notNull().default(0),
    /** The endpoint's channel, repeated here so that each channel's queue is one index range. */
    channel: text().$type<Channel>().notNull(),
    state: text().$type<DeliveryState>().notNull(),
    /** Null once the delivery is final and no attempt of it can be under way. */
    stage: text().$type<Stage>(),
    /** When a waiting delivery is due, in steady time (src/steady-time.ts). */
    dueAt: integer('due_at').notNull(),
    /** When a lease ends without an outcome, in steady time. */
    leaseUntil: integer('lease_until'),
    /** Attempts recorded. */
    attempts: integer().notNull().default(0),
    /** How many of them were made before a person last asked for it again: the retry schedule began anew then. */
    attemptsBefore: integer('attempts_before').notNull().default(0),
    createdAt: integer('created_at').notNull(),
    finishedAt: integer('finished_at'),
  },
  (t) => [
    uniqueIndex('deliveries_identity').on(t.eventId, t.endpointId),
    index('deliveries_due').on(t.channel, t.endpointId, t.id).where(sql`stage = 'due'`),
    index('deliveries_waiting').on(t.dueAt).where(sql`stage = 'waiting'`),
    index('deliveries_leased').on(t.leaseUntil).where(sql`stage = 'leased'`),
    index('deliveries_withdrawn').on(t.id).where(sql`stage = 'withdrawn'`),
    index('deliveries_account').on(t.accountId, t.state, t.eventId),
    index('deliveries_endpoint').on(t.endpointId, t.state, t.eventId),
    // Which endpoints have dead ones, without asking each.
    index('deliveries_dead').on(t.accountId, t.endpointId).where(sql`state = 'dead'`),
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

/** How long deliveries that succeeded took from receipt on: how many in each class of a day, for each account. */
export const latencies = sqliteTable(
  'latencies',
  {
    accountId: integer('account_id').notNull(),
    /** Days since the epoch, UTC. */
    day: integer().notNull(),
    /** See src/latency.ts. */
    bucket: integer().notNull(),
    count: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.day, t.bucket] })],
)

/** Messages that inboxes keep: the last 500 of each. */
export const inboxMessages = sqliteTable(
  'inbox_messages',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    accountId: integer('account_id')
      .notNull()
      .references(() => accounts.id),
    /** NAME of `inbox:NAME`. */
    name: text().notNull(),
    /** The message's own id: one that comes again is kept once. */
    messageId: text('message_id').notNull().unique(),
    /** Null: it was test-fired. */
    deliveryId: integer('delivery_id'),
    /** The `Message` as JSON. */
    message: text().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [index('inbox_messages_inbox').on(t.accountId, t.name)],
)

/** Who is signed in to the page. */
export const sessions = sqliteTable(
  'sessions',
  {
    /** SHA-256 hex of the cookie's value. */
    hash: text().primaryKey(),
    accountId: integer('account_id')
      .notNull()
      .references(() => accounts.id),
    /** The API key that was shown; the session ends with it. Null: it began with a one-time link. */
    keyId: integer('key_id'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
  },
  (t) => [index('sessions_expiry').on(t.expiresAt)],
)

/** One-time links that nobody has used yet. */
export const signInLinks = sqliteTable('sign_in_links', {
  /** SHA-256 hex of the link's token. */
  hash: text().primaryKey(),
  accountId: integer('account_id')
    .notNull()
    .references(() => accounts.id),
  expiresAt: integer('expires_at').notNull(),
})
