import type { DeliveryState } from '../delivery.js'
import { type DeliveryCursor, type DeliveryFilter, isShut } from './delivery-list.js'
import { deliveryRanges, mostLooked } from './delivery-ranges.js'
import type { Database } from './open.js'
import type { Stage } from './schema.js'

/** What became of asking for a delivery again. `endpoint_disabled`: or no hook leads to it any more. */
export type Redelivered = 'redelivered' | 'not_found' | 'under_way' | 'endpoint_disabled'

/** What one step through the dead deliveries did. */
export interface RedeliveredSome {
  redelivered: number
  /** Those that match, but whose endpoint is disabled or has no hook any more. */
  skipped: number
  /** Where to go on; null: that was all. */
  next: DeliveryCursor | null
}

/** What one step of counting found. */
export interface CountedDead {
  count: number
  /** Where to go on; null: that was all. */
  next: DeliveryCursor | null
}

/** The same, and how many of them an endpoint would take again. */
export interface CountedAble extends CountedDead {
  able: number
}

/** Deliveries that a person asks for again. Moments are ms since the epoch. */
export interface Redeliver {
  /**
   * A final delivery begins anew, with the same message and the whole retry schedule before it; its attempts go on counting.
   * One that waits goes at once. One that is due or handed out is `under_way` already; so is one that was cancelled while it was
   * handed out, until its outcome has come or its lease has ended.
   */
  one(accountId: number, deliveryId: number, now: number): Redelivered
  /** The dead ones that match, from `before` on in the order of the list; at most `limit` are looked at, in one commit. */
  dead(
    accountId: number,
    filter: DeliveryFilter,
    before: DeliveryCursor | null,
    limit: number,
    now: number,
  ): RedeliveredSome
  /** How many dead ones match among the next `mostLooked` after `before`, of which null is the beginning. */
  countDead(accountId: number, filter: DeliveryFilter, before: DeliveryCursor | null): CountedDead
  /** The same from the beginning, and how many of them can go: their endpoints are enabled, and hooks lead there. */
  countAble(accountId: number, filter: DeliveryFilter): CountedAble
}

interface Row {
  state: DeliveryState
  stage: Stage | null
  shut: number
}

export function redeliverIn(db: Database): Redeliver {
  const { $client: client } = db
  const ranges = deliveryRanges(db)
  const rowOf = client.prepare<[number, number], Row>(
    `SELECT d.state, d.stage, ${isShut} AS shut
     FROM deliveries d JOIN endpoints p ON p.id = d.endpoint_id WHERE d.id = ? AND d.account_id = ?`,
  )
  // The outcome of one that was handed out when it was cancelled may still come: its number is passed over.
  const made = `max(attempts + (lease_until IS NOT NULL),
    coalesce((SELECT max(number) FROM attempts WHERE delivery_id = deliveries.id), 0))`
  const begin = client.prepare<[{ id: number; now: number }]>(
    `UPDATE deliveries SET state = 'pending', stage = 'due', due_at = @now, lease_until = NULL, finished_at = NULL,
       attempts = ${made}, attempts_before = ${made} WHERE id = @id`,
  )
  const hurry = client.prepare<[number]>(
    `UPDATE deliveries SET stage = 'due' WHERE id = ? AND stage = 'waiting'`,
  )

  const endpointOf = client
    .prepare<[number], number>('SELECT endpoint_id FROM deliveries WHERE id = ?')
    .pluck()
  const shutOf = client.prepare<[number], number>(`SELECT ${isShut} FROM endpoints p WHERE p.id = ?`).pluck()
  /** A fresh way to tell whether a delivery can go: many share an endpoint, which is looked at once. */
  const openness = () => {
    const openOf = new Map<number, boolean>()
    return (id: number) => {
      const endpointId = endpointOf.get(id) ?? 0
      const isOpen = openOf.get(endpointId) ?? shutOf.get(endpointId) === 0
      openOf.set(endpointId, isOpen)
      return isOpen
    }
  }

  const one = (accountId: number, id: number, now: number): Redelivered => {
    const row = rowOf.get(id, accountId)
    if (row === undefined) return 'not_found'
    if (row.state === 'pending' && row.stage !== 'waiting') return 'under_way'
    if (row.shut === 1) return 'endpoint_disabled'
    if (row.stage === 'withdrawn') return 'under_way'
    if (row.state === 'pending') hurry.run(id)
    else begin.run({ id, now })
    return 'redelivered'
  }

  return {
    one: (accountId, deliveryId, now) =>
      client.transaction(() => one(accountId, deliveryId, now)).immediate(),

    dead: (accountId, filter, before, limit, now) =>
      client
        .transaction(() => {
          const { places, next } = ranges.walk(accountId, 'dead', filter, before, { limit, look: limit })
          const redelivered = places.filter(({ id }) => one(accountId, id, now) === 'redelivered').length
          return { redelivered, skipped: places.length - redelivered, next }
        })
        .immediate(),

    countDead(accountId, filter, before) {
      const all = { limit: mostLooked, look: mostLooked }
      const { places, next } = ranges.walk(accountId, 'dead', filter, before, all)
      return { count: places.length, next }
    },

    countAble(accountId, filter) {
      const all = { limit: mostLooked, look: mostLooked }
      const { places, next } = ranges.walk(accountId, 'dead', filter, null, all)
      const isOpen = openness()
      return { count: places.length, able: places.filter(({ id }) => isOpen(id)).length, next }
    },
  }
}
