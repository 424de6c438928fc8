import type { DeliveryState } from '../delivery.js'
import type { DeliveryCursor, DeliveryFilter } from './delivery-list.js'
import type { Database } from './open.js'

/** A filter for deliveries of one state. */
export type RangeFilter = Omit<DeliveryFilter, 'state'>

/** When a walk ends: after so many that match, or so many looked at. Without times, all that are looked at match. */
export interface WalkEnd {
  limit: number
  look: number
}

/** What a walk found. */
export interface Walked {
  places: DeliveryCursor[]
  /** The last one that was looked at, when there may be more behind it. */
  next: DeliveryCursor | null
}

/** Deliveries of one account and one state: each filter but the times is one range of an index, in the order of lists. */
export interface DeliveryRanges {
  /** From `before` on, null: from the newest. */
  walk(
    accountId: number,
    state: DeliveryState,
    filter: RangeFilter,
    before: DeliveryCursor | null,
    end: WalkEnd,
  ): Walked
}

/** How many are looked at for one page: times stand in no index, and a page is to be quick however many do not match. */
export const mostLooked = 2_000

/** The index to walk. */
type Way = 'account' | 'endpoint'
/** Deliveries of one event from `id` down, or of all older events: both are walked backwards. */
type Part = 'same event' | 'older events'

interface Range {
  owner: number
  state: DeliveryState
  eventId: number
  id: number
}

type Row = DeliveryCursor & { finishedAt: number | null }

/** How far the clock may be set back between receiving and finishing, ms: nothing is finished earlier than that before. */
const clockSlackMs = 3_600_000
/** How many events are looked at for the newest one: they need not have come in the order of their times. */
const outOfOrder = 10_000

export function deliveryRanges({ $client: client }: Database): DeliveryRanges {
  const prepare = (way: Way, part: Part, finishedAt: 'finished_at' | 'NULL') =>
    client.prepare<[Range], Row>(
      `SELECT event_id AS eventId, id, ${finishedAt} AS finishedAt
       FROM deliveries INDEXED BY deliveries_${way}
       WHERE ${way}_id = @owner AND state = @state
         AND ${part === 'same event' ? 'event_id = @eventId AND id < @id' : 'event_id < @eventId'}
       ORDER BY event_id DESC, id DESC`,
    )
  const prepared = (way: Way, part: Part) => ({
    timed: prepare(way, part, 'finished_at'),
    untimed: prepare(way, part, 'NULL'),
  })
  const rows = byPart(prepared)
  const isOwner = client.prepare('SELECT 1 FROM endpoints WHERE id = ? AND account_id = ?')
  const newestReceived = client
    .prepare<[number], number | null>(
      `SELECT max(id) FROM (SELECT id FROM events INDEXED BY events_received WHERE received_at < ?
         ORDER BY received_at DESC LIMIT ${outOfOrder})`,
    )
    .pluck()

  /** Nothing finishes before it is received, so that newer events need not be looked at. */
  const startOf = (before: DeliveryCursor | null, until: number | undefined): DeliveryCursor | null => {
    if (until === undefined) return before
    const start = { eventId: (newestReceived.get(until + clockSlackMs) ?? 0) + 1, id: 0 }
    return before === null || isBefore(before, start) ? start : before
  }

  /** The ranges to walk, one after the other; none when the endpoint is not the account's. */
  const rangesOf = (
    accountId: number,
    state: DeliveryState,
    { endpointId, eventId, until }: RangeFilter,
    before: DeliveryCursor | null,
  ) => {
    if (endpointId !== undefined && isOwner.get(endpointId, accountId) === undefined) return []
    const way: Way = endpointId === undefined ? 'account' : 'endpoint'
    const owner = endpointId ?? accountId
    return partsAfter(startOf(before, until), eventId).map(({ part, from }) => ({
      statements: rows[way][part],
      range: { owner, state, ...from },
    }))
  }

  return {
    walk(accountId, state, filter, before, { limit, look }) {
      const places: DeliveryCursor[] = []
      const isTimed = filter.since !== undefined || filter.until !== undefined
      // What is pending has not finished at any time.
      if (isTimed && state === 'pending') return { places, next: null }
      let looked = 0
      for (const { statements, range } of rangesOf(accountId, state, filter, before)) {
        for (const { eventId, id, finishedAt } of statements[isTimed ? 'timed' : 'untimed'].iterate(range)) {
          looked += 1
          const place = { eventId, id }
          if (!isTimed || isWithin(finishedAt ?? 0, filter)) places.push(place)
          if (places.length === limit || looked === look) return { places, next: place }
        }
      }
      return { places, next: null }
    },
  }
}

function isWithin(time: number, { since, until }: RangeFilter): boolean {
  return (since === undefined || time >= since) && (until === undefined || time < until)
}

const last = Number.MAX_SAFE_INTEGER

/** What follows the cursor, of one event or of all. */
function partsAfter(before: DeliveryCursor | null, eventId: number | undefined) {
  const rest = (from: DeliveryCursor) => ({ part: 'same event' as const, from })
  const older = (from: DeliveryCursor) => ({ part: 'older events' as const, from })
  if (eventId !== undefined) {
    if (before === null || before.eventId > eventId) return [rest({ eventId, id: last })]
    return before.eventId === eventId ? [rest(before)] : []
  }
  return before === null ? [older({ eventId: last, id: last })] : [rest(before), older(before)]
}

function byPart<T>(make: (way: Way, part: Part) => T): Record<Way, Record<Part, T>> {
  const parts = (way: Way) => ({
    'same event': make(way, 'same event'),
    'older events': make(way, 'older events'),
  })
  return { account: parts('account'), endpoint: parts('endpoint') }
}

/** Whether `one` comes before `other` in lists: newest first. */
export function isBefore(one: DeliveryCursor, other: DeliveryCursor): boolean {
  return one.eventId > other.eventId || (one.eventId === other.eventId && one.id > other.id)
}

/** For sorting in the order of lists. */
export function inOrder(one: DeliveryCursor, other: DeliveryCursor): number {
  return other.eventId - one.eventId || other.id - one.id
}
