import type { DeliveryState } from '../delivery.js'
import type { Confirmation, EventKind } from '../event.js'
import { type DeliveryCounts, deliveryCounter } from './delivery-counts.js'
import { eventWalk } from './event-walk.js'
import type { Database } from './open.js'

export { type DeliveryCounts, mostCounted } from './delivery-counts.js'

export interface EventRow {
  id: number
  kind: EventKind
  gemName: string
  number: string
  platform: string
  /** ms since the epoch */
  receivedAt: number
  /** The highest earlier live release, which the jump is measured from; null too where no hook wanted the event. */
  previous: string | null
  /** Fan-out has fixed `previous`: null then means that no earlier release was live. */
  isPreviousFixed: boolean
  source: 'webhook' | 'catch-up' | 'both'
  confirmation: Confirmation | null
  /** Why it is not confirmed: one sentence. */
  doubt: string | null
  /** The upstream has still to be asked; nobody is told before. */
  checking: boolean
}

/**
 * Events of one kind about one version of a gem: its platforms stand on one line. What the upstream refuted stands on a line of
 * its own, so that it says nothing about what is genuine.
 */
export interface ReleaseRow {
  /** Of those that match. */
  newest: EventRow
  /** Of all of them, in the order in which they came. */
  platforms: string[]
  /** All of them, newest first, at most 200. */
  eventIds: number[]
  /** The account's, of these events. */
  deliveries: DeliveryCounts
}

/** What a list of events is to have; what is left out does not matter. */
export interface EventFilter {
  gem?: string | undefined
  /** Part of the gem's name, in any case. */
  search?: string | undefined
  kind?: EventKind | undefined
  /** With a delivery of the account in that state. */
  state?: DeliveryState | undefined
  /** Received at this time or later, ms since the epoch. */
  since?: number | undefined
}

/** `before`: the id of the last event of the page before; null for the first page. */
export interface EventPage {
  before: number | null
  limit: number
}

/** What happened, for people to look at: events are common to all accounts, deliveries are not. */
export interface Events {
  /** Newest first. */
  list(accountId: number, filter: EventFilter, page: EventPage): EventRow[]
  /** The same grouped, redundant claims left out; a group stands where the newest of its events is that match: `before` is its id. */
  releases(accountId: number, filter: EventFilter, page: EventPage): ReleaseRow[]
  find(id: number): EventRow | undefined
  /** All events about one version, newest first, at most 100. */
  ofVersion(gemName: string, number: string): EventRow[]
  /** The account's deliveries of these events. */
  counts(accountId: number, eventIds: readonly number[]): DeliveryCounts
  /** Events received on each UTC day from `sinceDay` (days since the epoch) on, days without any left out. Restored ones count as pushed. */
  perDay(sinceDay: number): { day: number; pushed: number; yanked: number }[]
  /** Id of the newest event, 0 without any: what a live page compares. */
  newestId(): number
}

interface Row extends Omit<EventRow, 'source' | 'checking' | 'isPreviousFixed'> {
  isPreviousFixed: number
  byWebhook: number
  byCatchUp: number
  checking: number
}

/** What the events of a group have in common. */
interface Group {
  gemName: string
  number: string
  kind: EventKind
  refuted: number
}

const dayMs = 86_400_000
const mostOfVersion = 100
/** A genuine version has a dozen platforms. */
const mostInGroup = 200

const columns = `id, kind, gem_name AS gemName, number, platform, received_at AS receivedAt, previous,
  webhook_at IS NOT NULL AS byWebhook, catch_up_at IS NOT NULL AS byCatchUp, confirmation, doubt,
  check_at IS NOT NULL AS checking, coalesce(fan_out_cursor, 0) > 0 AS isPreviousFixed`
const inGroup = `gem_name = @gemName AND number = @number AND kind = @kind
  AND confirmation IS NOT 'redundant' AND (confirmation IS 'refuted') = @refuted`

export function eventsIn(db: Database): Events {
  const { $client: client } = db
  const walk = eventWalk(db)
  const counts = deliveryCounter(db)
  const byId = client.prepare<[number], Row>(`SELECT ${columns} FROM events WHERE id = ?`)
  const groupOf = client.prepare<[number], Group>(
    `SELECT gem_name AS gemName, number, kind, confirmation IS 'refuted' AS refuted FROM events
     WHERE id = ? AND confirmation IS NOT 'redundant'`,
  )
  const hasNewer = client.prepare(
    `SELECT 1 FROM events WHERE ${inGroup} AND id > @id AND (@since IS NULL OR received_at >= @since)
       AND (@state IS NULL OR EXISTS (SELECT 1 FROM deliveries
         WHERE account_id = @accountId AND state = @state AND event_id = events.id))
     LIMIT 1`,
  )
  const members = client.prepare<[Group], { id: number; platform: string }>(
    `SELECT id, platform FROM events WHERE ${inGroup} ORDER BY id DESC LIMIT ${mostInGroup}`,
  )
  const ofVersion = client.prepare<[string, string], Row>(
    `SELECT ${columns} FROM events WHERE id IN (SELECT id FROM events WHERE gem_name = ? AND number = ?
       ORDER BY id DESC LIMIT ${mostOfVersion}) ORDER BY id DESC`,
  )
  const nextReceived = client
    .prepare<[number], number | null>('SELECT min(received_at) FROM events WHERE received_at >= ?')
    .pluck()
  const receivedBetween = client.prepare<[number, number], { all: number; yanked: number }>(
    `SELECT count(*) AS "all", total(kind = 'yanked') AS yanked FROM events
     WHERE received_at >= ? AND received_at < ?`,
  )
  const newestId = client.prepare<[], number | null>('SELECT max(id) FROM events').pluck()

  const rowOf = (id: number) => {
    const row = byId.get(id)
    if (row === undefined) throw new Error(`The ledger lacks event ${id}, which an index has.`)
    return eventRow(row)
  }

  /** The group that stands where the event is; undefined: it is left out, or stands where a newer one is. */
  const groupAt = (id: number, accountId: number, { since, state }: EventFilter) => {
    const group = groupOf.get(id)
    if (group === undefined) return undefined
    const newer = { ...group, id, accountId, since: since ?? null, state: state ?? null }
    return hasNewer.get(newer) === undefined ? group : undefined
  }

  const releaseRow = (id: number, group: Group, accountId: number): ReleaseRow => {
    const all = members.all(group)
    const eventIds = all.map((member) => member.id)
    const platforms = [...new Set(all.map(({ platform }) => platform).reverse())]
    return { newest: rowOf(id), platforms, eventIds, deliveries: counts(accountId, eventIds) }
  }

  return {
    list(accountId, filter, { before, limit }) {
      const rows: EventRow[] = []
      if (limit < 1) return rows
      for (const id of walk(accountId, filter, upTo(before))) if (rows.push(rowOf(id)) >= limit) break
      return rows
    },

    releases(accountId, filter, { before, limit }) {
      const rows: ReleaseRow[] = []
      if (limit < 1) return rows
      for (const id of walk(accountId, filter, upTo(before))) {
        const group = groupAt(id, accountId, filter)
        if (group !== undefined && rows.push(releaseRow(id, group, accountId)) >= limit) break
      }
      return rows
    },

    find(id) {
      const row = byId.get(id)
      return row === undefined ? undefined : eventRow(row)
    },

    ofVersion: (gemName, number) => ofVersion.all(gemName, number).map(eventRow),

    counts,

    perDay(sinceDay) {
      const days: { day: number; pushed: number; yanked: number }[] = []
      let next = nextReceived.get(sinceDay * dayMs) ?? null
      while (next !== null) {
        const day = Math.floor(next / dayMs)
        const { all, yanked } = receivedBetween.get(day * dayMs, (day + 1) * dayMs) ?? { all: 0, yanked: 0 }
        days.push({ day, pushed: all - yanked, yanked })
        next = nextReceived.get((day + 1) * dayMs) ?? null
      }
      return days
    },

    newestId: () => newestId.get() ?? 0,
  }
}

const upTo = (before: number | null) => (before === null ? Number.MAX_SAFE_INTEGER : before - 1)

function eventRow({ byWebhook, byCatchUp, checking, isPreviousFixed, ...row }: Row): EventRow {
  const source = byCatchUp === 0 ? 'webhook' : byWebhook === 0 ? 'catch-up' : 'both'
  return { ...row, source, checking: checking === 1, isPreviousFixed: isPreviousFixed === 1 }
}
