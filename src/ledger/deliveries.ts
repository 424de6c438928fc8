import { and, asc, eq, gt, lte, sql } from 'drizzle-orm'
import type { Channel } from '../endpoint.js'
import type { EventKind } from '../event.js'
import { commitLightly, type Database } from './open.js'
import { deliveries, endpoints, events } from './schema.js'

/** A delivery handed out for one attempt. */
export interface Lease {
  deliveryId: number
  eventId: number
  endpointId: number
  channel: Channel
  /** Number of the attempt that it is leased for, 1 for the first. */
  attempt: number
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
}

export interface Deliveries {
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
  /** Takes every lease back: right after a start with a transport that lost its work with the process. */
  releaseAll(): void
  /** Leases that ended without an outcome, at most `limit`. */
  expired(now: number, limit: number): Lease[]
  /** All leases that are out. */
  leased(): Lease[]
  /** When the next waiting delivery is due or the next lease ends; ms since the epoch. */
  nextMoment(): number | undefined
  /** Pending deliveries. */
  countPending(): number
  address(endpointId: number): EndpointAddress | undefined
  eventFacts(eventId: number): EventFacts | undefined
}

const leaseColumns = {
  deliveryId: deliveries.id,
  eventId: deliveries.eventId,
  endpointId: deliveries.endpointId,
  channel: deliveries.channel,
  attempt: sql<number>`${deliveries.attempts} + 1`,
}

export function deliveriesIn(db: Database): Deliveries {
  const next = db
    .select({ endpointId: deliveries.endpointId })
    .from(deliveries)
    .where(
      and(
        sql`stage = 'due'`,
        eq(deliveries.channel, sql.placeholder('channel')),
        gt(deliveries.endpointId, sql.placeholder('after')),
      ),
    )
    .orderBy(asc(deliveries.endpointId))
    .limit(1)
    .prepare()
  const dueOf = db
    .select(leaseColumns)
    .from(deliveries)
    .where(
      and(
        sql`stage = 'due'`,
        eq(deliveries.channel, sql.placeholder('channel')),
        eq(deliveries.endpointId, sql.placeholder('endpointId')),
      ),
    )
    .orderBy(asc(deliveries.id))
    .limit(sql.placeholder('limit'))
    .prepare()
  const leaseOne = db
    .update(deliveries)
    .set({ stage: 'leased', leaseUntil: sql`${sql.placeholder('until')}` })
    .where(and(eq(deliveries.id, sql.placeholder('id')), sql`state = 'pending'`))
    .prepare()
  const releaseOne = db
    .update(deliveries)
    .set({ stage: 'due', leaseUntil: null })
    .where(and(eq(deliveries.id, sql.placeholder('id')), sql`stage = 'leased'`))
    .prepare()
  const anyDue = db.$client
    .prepare(
      `SELECT EXISTS (SELECT 1 FROM deliveries WHERE stage = 'due')
         OR EXISTS (SELECT 1 FROM deliveries WHERE stage = 'waiting' AND due_at <= ?)`,
    )
    .pluck()
  const promote = db.$client.prepare(
    `UPDATE deliveries SET stage = 'due' WHERE id IN (
       SELECT id FROM deliveries WHERE stage = 'waiting' AND due_at <= ? ORDER BY due_at LIMIT ?)`,
  )
  const nextMoment = db.$client
    .prepare(
      `SELECT min(moment) FROM (
         SELECT min(due_at) AS moment FROM deliveries WHERE stage = 'waiting'
         UNION ALL
         SELECT min(lease_until) FROM deliveries WHERE stage = 'leased')`,
    )
    .pluck()
  const expired = db
    .select(leaseColumns)
    .from(deliveries)
    .where(and(sql`stage = 'leased'`, lte(deliveries.leaseUntil, sql.placeholder('now'))))
    .orderBy(asc(deliveries.leaseUntil))
    .limit(sql.placeholder('limit'))
    .prepare()
  const factsOf = db
    .select({
      kind: events.kind,
      payload: events.payload,
      previous: events.previous,
      receivedAt: events.receivedAt,
    })
    .from(events)
    .where(eq(events.id, sql.placeholder('id')))
    .prepare()
  const addressOf = db
    .select({ accountId: endpoints.accountId, url: endpoints.url })
    .from(endpoints)
    .where(eq(endpoints.id, sql.placeholder('id')))
    .prepare()
  return {
    anyDue: (now) => anyDue.get(now) === 1,

    promote: (now, limit) => promote.run(now, limit).changes,

    nextDueEndpoint: (channel, after) => next.get({ channel, after })?.endpointId,

    due: (channel, endpointId, limit) => dueOf.all({ channel, endpointId, limit }),

    lease: (leases, until) =>
      commitLightly(db, () => {
        for (const { deliveryId } of leases) leaseOne.run({ id: deliveryId, until })
      }),

    release: (leases) =>
      commitLightly(db, () => {
        for (const { deliveryId } of leases) releaseOne.run({ id: deliveryId })
      }),

    releaseAll: () => {
      db.update(deliveries).set({ stage: 'due', leaseUntil: null }).where(sql`stage = 'leased'`).run()
    },

    expired: (now, limit) => expired.all({ now, limit }),

    leased: () => db.select(leaseColumns).from(deliveries).where(sql`stage = 'leased'`).all(),

    nextMoment: () => (nextMoment.get() as number | null) ?? undefined,

    countPending: () =>
      db.get<{ count: number }>(sql`SELECT count(*) AS count FROM deliveries WHERE state = 'pending'`)
        ?.count ?? 0,

    address: (endpointId) => addressOf.get({ id: endpointId }),

    eventFacts: (eventId) => factsOf.get({ id: eventId }),
  }
}
