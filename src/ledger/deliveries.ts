import { eq, sql } from 'drizzle-orm'
import { type Channel, channels } from '../endpoint.js'
import type { EventKind } from '../event.js'
import { longestDelayMs, retrySchedule } from '../retry.js'
import { commitLightly, type Database } from './open.js'
import { events } from './schema.js'

/** A delivery handed out for one attempt. */
export interface Lease {
  deliveryId: number
  eventId: number
  endpointId: number
  channel: Channel
  /** Number of the attempt that it is leased for, 1 for the first. */
  attempt: number
}

/** A lease whose delivery was cancelled while it was handed out: an attempt may still be under way. */
export interface Withdrawn extends Lease {
  /** When the lease ends without an outcome, in steady time, ms. */
  leaseUntil: number
}

/** Where a message goes, and for whom. */
export interface EndpointAddress {
  accountId: number
  url: string
}

/** What messages about an event are made from. */
export interface EventFacts {
  kind: EventKind
  payload: Buffer
  previous: string | null
  receivedAt: number
  /** `Gemherald-Via` as it came; null when it did not. */
  via: string | null
}

/** Moments are in steady time, ms (src/steady-time.ts). */
export interface Deliveries {
  /** How far steady time was ahead of the wall clock by the last `keepAhead`, ms; 0 when there was none. */
  aheadMs(): number
  /** Keeps how far steady time is ahead: moments that are kept mean nothing without it. */
  keepAhead(aheadMs: number): void
  /**
   * Moves what waits for longer than its attempt's longest wait back to that; how many.
   */
  pullBack(now: number): number
  /** Whether anything is due, or waits for a time that has come. */
  anyDue(now: number): boolean
  /** Moves waiting deliveries whose time has come to the due ones, at most `limit`; how many. */
  promote(now: number, limit: number): number
  /** The first endpoint after `afterEndpoint` with due deliveries on the channel. */
  nextDueEndpoint(channel: Channel, afterEndpoint: number): number | undefined
  /** An endpoint's oldest due deliveries, at most `limit`. */
  due(channel: Channel, endpointId: number, limit: number): Lease[]
  /** Marks deliveries as handed out until `leaseUntil`, all in one commit. Leased ones are extended. */
  lease(leases: readonly Lease[], leaseUntil: number): void
  /** Takes leases back that the transport did not accept: the deliveries are due again. */
  release(leases: readonly Lease[]): void
  /**
   * Takes every lease back, cancelled ones too: right after a start, what was lost with the process before. `on`: the channels
   * on which it was; all when left out.
   */
  releaseAll(on?: readonly Channel[]): void
  /** Leases on the channels that ended without an outcome, at most `limit`. */
  expired(on: readonly Channel[], now: number, limit: number): Lease[]
  /** All leases that are out, but for those of cancelled deliveries. */
  leased(): Lease[]
  /** Whether it is handed out. One that was cancelled since counts until it is certain that no attempt is under way. */
  isLeased(deliveryId: number): boolean
  /** Leases of deliveries that were cancelled since, while an attempt may be under way. */
  withdrawn(): Withdrawn[]
  /** Lets no lease of a cancelled delivery end later than that. */
  limitWithdrawn(latest: number): void
  /** No attempt comes of these any more. */
  forgetWithdrawn(leases: readonly Lease[]): void
  /** When the next waiting delivery is due or the next lease ends. */
  nextMoment(): number | undefined
  /** Pending deliveries. */
  countPending(): number
  address(endpointId: number): EndpointAddress | undefined
  eventFacts(eventId: number): EventFacts | undefined
}

const aheadKey = 'steady time ahead, ms'
const leaseColumns =
  'id AS deliveryId, event_id AS eventId, endpoint_id AS endpointId, channel, attempts + 1 AS attempt'
const isOnChannels = 'channel IN (SELECT value FROM json_each(?))'

export function deliveriesIn(db: Database): Deliveries {
  const { $client: client } = db
  // These run thousands of times a second, so they are prepared once and bound without a detour.
  const next = client
    .prepare(
      `SELECT endpoint_id FROM deliveries WHERE stage = 'due' AND channel = ? AND endpoint_id > ?
       ORDER BY endpoint_id LIMIT 1`,
    )
    .pluck()
  const dueOf = client.prepare<[Channel, number, number], Lease>(
    `SELECT ${leaseColumns} FROM deliveries WHERE stage = 'due' AND channel = ? AND endpoint_id = ?
     ORDER BY id LIMIT ?`,
  )
  const expired = client.prepare<[number, string, number], Lease>(
    `SELECT ${leaseColumns} FROM deliveries WHERE stage = 'leased' AND lease_until <= ? AND ${isOnChannels}
     ORDER BY lease_until LIMIT ?`,
  )
  const leased = client.prepare<[], Lease>(`SELECT ${leaseColumns} FROM deliveries WHERE stage = 'leased'`)
  const isLeased = client
    .prepare(`SELECT 1 FROM deliveries WHERE id = ? AND stage IN ('leased', 'withdrawn')`)
    .pluck()
  const withdrawn = client.prepare<[], Withdrawn>(
    `SELECT ${leaseColumns}, coalesce(lease_until, 0) AS leaseUntil FROM deliveries WHERE stage = 'withdrawn'`,
  )
  const limitWithdrawn = client.prepare<{ latest: number }>(
    `UPDATE deliveries SET lease_until = @latest WHERE stage = 'withdrawn' AND lease_until > @latest`,
  )
  const forgetOne = client.prepare(`UPDATE deliveries SET stage = NULL WHERE id = ? AND stage = 'withdrawn'`)
  const leaseOne = client.prepare(
    `UPDATE deliveries SET stage = 'leased', lease_until = ? WHERE id = ? AND state = 'pending'`,
  )
  const releaseOne = client.prepare(
    `UPDATE deliveries SET stage = 'due', lease_until = NULL WHERE id = ? AND stage = 'leased'`,
  )
  const releaseLeased = client.prepare<[string]>(
    `UPDATE deliveries SET stage = 'due', lease_until = NULL WHERE stage = 'leased' AND ${isOnChannels}`,
  )
  const forgetAll = client.prepare<[string]>(
    `UPDATE deliveries SET stage = NULL WHERE stage = 'withdrawn' AND ${isOnChannels}`,
  )
  const addressOf = client.prepare<[number], EndpointAddress>(
    'SELECT account_id AS accountId, url FROM endpoints WHERE id = ?',
  )
  const anyDue = client
    .prepare(
      `SELECT EXISTS (SELECT 1 FROM deliveries WHERE stage = 'due')
         OR EXISTS (SELECT 1 FROM deliveries WHERE stage = 'waiting' AND due_at <= ?)`,
    )
    .pluck()
  const promote = client.prepare(
    `UPDATE deliveries SET stage = 'due' WHERE id IN (
       SELECT id FROM deliveries WHERE stage = 'waiting' AND due_at <= ? ORDER BY due_at LIMIT ?)`,
  )
  const nextMoment = client
    .prepare(
      `SELECT min(moment) FROM (
         SELECT min(due_at) AS moment FROM deliveries WHERE stage = 'waiting'
         UNION ALL
         SELECT min(lease_until) FROM deliveries WHERE stage = 'leased')`,
    )
    .pluck()
  const aheadMs = client.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck()
  const keepAhead = client.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  )
  // Each stage of a pending delivery has a small index of its own.
  const pendingCount = client
    .prepare<[], number>(
      `SELECT (SELECT count(*) FROM deliveries WHERE stage = 'due')
         + (SELECT count(*) FROM deliveries WHERE stage = 'waiting')
         + (SELECT count(*) FROM deliveries WHERE stage = 'leased')`,
    )
    .pluck()
  const pullWaits = client.prepare<{ attempts: number; latest: number }>(
    `UPDATE deliveries SET due_at = @latest WHERE stage = 'waiting' AND due_at > @latest AND attempts - attempts_before = @attempts`,
  )
  const factsOf = db
    .select({
      kind: events.kind,
      payload: sql<Buffer>`coalesce(${events.facts}, ${events.payload})`,
      previous: events.previous,
      receivedAt: events.receivedAt,
      via: events.via,
    })
    .from(events)
    .where(eq(events.id, sql.placeholder('id')))
    .prepare()

  return {
    aheadMs: () => Number(aheadMs.get(aheadKey) ?? 0),

    keepAhead: (ms) => {
      keepAhead.run(aheadKey, `${ms}`)
    },

    pullBack: (now) =>
      commitLightly(db, () =>
        retrySchedule.reduce((pulled, _wait, index) => {
          const attempts = index + 1
          return pulled + pullWaits.run({ attempts, latest: now + longestDelayMs(attempts) }).changes
        }, 0),
      ),

    anyDue: (now) => anyDue.get(now) === 1,

    promote: (now, limit) => promote.run(now, limit).changes,

    nextDueEndpoint: (channel, after) => next.get(channel, after) as number | undefined,

    due: (channel, endpointId, limit) => dueOf.all(channel, endpointId, limit),

    lease: (leases, until) =>
      commitLightly(db, () => {
        for (const { deliveryId } of leases) leaseOne.run(until, deliveryId)
      }),

    release: (leases) =>
      commitLightly(db, () => {
        for (const { deliveryId } of leases) releaseOne.run(deliveryId)
      }),

    releaseAll: (on = channels) =>
      commitLightly(db, () => {
        releaseLeased.run(JSON.stringify(on))
        forgetAll.run(JSON.stringify(on))
      }),

    expired: (on, now, limit) => expired.all(now, JSON.stringify(on), limit),

    leased: () => leased.all(),

    isLeased: (deliveryId) => isLeased.get(deliveryId) === 1,

    withdrawn: () => withdrawn.all(),

    limitWithdrawn: (latest) => {
      limitWithdrawn.run({ latest })
    },

    forgetWithdrawn: (leases) =>
      commitLightly(db, () => {
        for (const { deliveryId } of leases) forgetOne.run(deliveryId)
      }),

    nextMoment: () => (nextMoment.get() as number | null) ?? undefined,

    countPending: () => pendingCount.get() ?? 0,

    address: (endpointId) => addressOf.get(endpointId),

    eventFacts: (eventId) => factsOf.get({ id: eventId }),
  }
}
