import type { DeliveryState, Verdict } from '../delivery.js'
import type { Channel } from '../endpoint.js'
import type { EventKind } from '../event.js'
import { mostCounted } from './delivery-counts.js'
import { deliveryRanges, inOrder, isBefore, mostLooked } from './delivery-ranges.js'
import type { Database } from './open.js'

/** A delivery as a list shows it. Times are ms since the epoch. */
export interface DeliveryRow {
  id: number
  eventId: number
  endpointId: number
  channel: Channel
  url: string
  state: DeliveryState
  /** Attempts recorded, those before a redelivery among them. */
  attempts: number
  createdAt: number
  finishedAt: number | null
  /** When it will be tried again, by the wall clock; null: now, or never. */
  nextTryAt: number | null
  event: { kind: EventKind; gemName: string; number: string; platform: string }
  /** Of the last attempt. */
  lastError: string | null
  lastStatus: number | null
  /** Its endpoint is disabled, or no hook leads to it any more: then it cannot be redelivered. */
  endpointDisabled: boolean
}

/** One try at a delivery. */
export interface AttemptRow {
  number: number
  /** ms since the epoch */
  startedAt: number
  durationMs: number
  verdict: Verdict
  statusCode: number | null
  response: string | null
  error: string | null
}

/** What deliveries are to have; what is left out does not matter. */
export interface DeliveryFilter {
  state?: DeliveryState | undefined
  endpointId?: number | undefined
  eventId?: number | undefined
  /** Finished at this time or later, ms since the epoch: what is pending never is. */
  since?: number | undefined
  /** Finished before this time, ms since the epoch. */
  until?: number | undefined
}

/** The last delivery of the page before. */
export interface DeliveryCursor {
  eventId: number
  id: number
}

/** `before` null: the first page. */
export interface DeliveryPage {
  before: DeliveryCursor | null
  limit: number
}

/** One page. It can have fewer rows than asked for, even none, though the list goes on: by time, much may be passed over. */
export interface DeliveriesFound {
  rows: DeliveryRow[]
  /** What the next page begins after; null: that was all. */
  next: DeliveryCursor | null
}

/** Dead deliveries of one endpoint. */
export interface DeadOfEndpoint {
  endpointId: number
  channel: Channel
  url: string
  disabledReason: string | null
  /** `mostCounted` at most. */
  dead: number
}

/** An account's deliveries, for people to look at. */
export interface DeliveryList {
  /** By event, newest first, then by delivery, newest first. */
  list(accountId: number, filter: DeliveryFilter, page: DeliveryPage): DeliveriesFound
  find(accountId: number, id: number): (DeliveryRow & { tries: AttemptRow[] }) | undefined
  /** Attempts of a delivery of the account, in order. */
  tries(accountId: number, id: number): AttemptRow[]
  /** The endpoints that have dead deliveries, oldest first; `after`: id of the last one of the page before. */
  deadByEndpoint(accountId: number, page: { after: number | null; limit: number }): DeadOfEndpoint[]
}

interface Row extends Omit<DeliveryRow, 'nextTryAt' | 'event' | 'endpointDisabled'> {
  /** When it will be tried again, in steady time. */
  dueAt: number | null
  kind: EventKind
  gemName: string
  number: string
  platform: string
  shut: number
}

interface DeadPage {
  accountId: number
  after: number
  limit: number
}

/** Whether nothing may be sent to the endpoint `p`: who ended a subscription does not want what came before either. */
export const isShut =
  'p.disabled_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM hooks WHERE hooks.endpoint_id = p.id)'

const states: readonly DeliveryState[] = ['pending', 'succeeded', 'dead', 'cancelled']

/** `aheadMs`: how far steady time is ahead of the wall clock. */
export function deliveryListIn(db: Database, aheadMs: () => number): DeliveryList {
  const { $client: client } = db
  const ranges = deliveryRanges(db)
  const byId = client.prepare<[number, number], Row>(
    `SELECT d.id, d.event_id AS eventId, d.endpoint_id AS endpointId, d.channel, p.url, d.state,
       (SELECT count(*) FROM attempts WHERE delivery_id = d.id) AS attempts,
       d.created_at AS createdAt, d.finished_at AS finishedAt,
       CASE d.stage WHEN 'waiting' THEN d.due_at END AS dueAt,
       e.kind, e.gem_name AS gemName, e.number, e.platform,
       a.error AS lastError, a.status_code AS lastStatus, ${isShut} AS shut
     FROM deliveries d JOIN events e ON e.id = d.event_id JOIN endpoints p ON p.id = d.endpoint_id
       LEFT JOIN attempts a ON a.delivery_id = d.id
         AND a.number = (SELECT max(number) FROM attempts WHERE delivery_id = d.id)
     WHERE d.id = ? AND d.account_id = ?`,
  )
  const tries = client.prepare<[number, number], AttemptRow>(
    `SELECT a.number, a.started_at AS startedAt, a.duration_ms AS durationMs, a.verdict,
       a.status_code AS statusCode, a.response, a.error
     FROM deliveries d JOIN attempts a ON a.delivery_id = d.id
     WHERE d.id = ? AND d.account_id = ? ORDER BY a.number`,
  )
  const dead = "FROM deliveries INDEXED BY deliveries_dead WHERE account_id = @accountId AND state = 'dead'"
  // From one endpoint to the next, whatever lies between them.
  const deadByEndpoint = client.prepare<[DeadPage], DeadOfEndpoint>(
    `WITH RECURSIVE owner(id) AS (
       SELECT (SELECT min(endpoint_id) ${dead} AND endpoint_id > @after)
       UNION ALL
       SELECT (SELECT min(endpoint_id) ${dead} AND endpoint_id > owner.id) FROM owner WHERE id IS NOT NULL
       LIMIT @limit)
     SELECT p.id AS endpointId, p.channel, p.url, p.disabled_reason AS disabledReason,
       (SELECT count(*) FROM (SELECT 1 ${dead} AND endpoint_id = p.id LIMIT ${mostCounted})) AS dead
     FROM owner CROSS JOIN endpoints p ON p.id = owner.id ORDER BY p.id`,
  )

  const rowOf = (accountId: number, id: number): DeliveryRow | undefined => {
    const row = byId.get(id, accountId)
    if (row === undefined) return undefined
    const { dueAt, kind, gemName, number, platform, shut, ...rest } = row
    return {
      ...rest,
      nextTryAt: dueAt === null ? null : dueAt - aheadMs(),
      event: { kind, gemName, number, platform },
      endpointDisabled: shut === 1,
    }
  }

  return {
    list(accountId, { state, ...filter }, { before, limit }) {
      const walks = (state === undefined ? states : [state]).map((one) =>
        ranges.walk(accountId, one, filter, before, { limit: limit + 1, look: mostLooked }),
      )
      // Beyond the place where the first of them ended, it may have more.
      const end = walks.flatMap(({ next }) => next ?? []).sort(inOrder)[0] ?? null
      const found = walks
        .flatMap(({ places }) => places)
        .filter((place) => end === null || !isBefore(end, place))
        .sort(inOrder)
      const page = found.slice(0, limit)
      return {
        rows: page.flatMap(({ id }) => rowOf(accountId, id) ?? []),
        next: found.length > limit ? (page.at(-1) ?? null) : end,
      }
    },

    find(accountId, id) {
      const row = rowOf(accountId, id)
      return row === undefined ? undefined : { ...row, tries: tries.all(id, accountId) }
    },

    tries: (accountId, id) => tries.all(id, accountId),

    deadByEndpoint: (accountId, { after, limit }) =>
      deadByEndpoint.all({ accountId, after: after ?? 0, limit }),
  }
}
