import { and, isNull, sql } from 'drizzle-orm'
import type { EventKind } from '../event.js'
import type { Database } from './open.js'
import { events } from './schema.js'

/** An event whose deliveries are not all written yet. */
export interface PendingEvent {
  id: number
  kind: EventKind
  gemName: string
  number: string
  /** Endpoints up to this id have their delivery. Null: fan-out has not begun. */
  cursor: number | null
}

/** Deliveries to write: those of the wanting endpoints after `after`, up to `last`. */
export interface Chunk {
  after: number
  last: number
  done: boolean
}

export interface FanOut {
  /** The oldest events that still have to be fanned out; those that wait for a check are not among them. */
  pending(limit: number): PendingEvent[]
  /** The next endpoints, at most `limit`, that a hook on the event's gem or on `*` points to. */
  next(event: PendingEvent, limit: number): Chunk
  /** Fixes the release that an event's jump is measured from. */
  setPrevious(eventId: number, previous: string | null): void
  /**
   * Writes a chunk's deliveries, one for each endpoint that is enabled, and how far the event came; how many were
   * written. To be called inside one commit with the `next` that it came from.
   */
  write(event: PendingEvent, chunk: Chunk, now: number): number
}

export function fanOutIn(db: Database): FanOut {
  const oldest = db
    .select({
      id: events.id,
      kind: events.kind,
      gemName: events.gemName,
      number: events.number,
      cursor: events.fanOutCursor,
    })
    .from(events)
    .where(and(isNull(events.fannedOutAt), isNull(events.checkAt)))
    .orderBy(events.id)
    .limit(sql.placeholder('limit'))
    .prepare()
  // Both arms walk hooks_wanting in order of endpoint, so a chunk costs its own length, not all hooks.
  const wanting = db.$client
    .prepare(
      `SELECT endpoint_id FROM hooks WHERE gem_name = @gemName AND endpoint_id > @after
       UNION
       SELECT endpoint_id FROM hooks WHERE gem_name = '*' AND endpoint_id > @after
       ORDER BY 1 LIMIT @limit`,
    )
    .pluck()
  const addDeliveries = db.$client.prepare(
    `INSERT INTO deliveries (event_id, endpoint_id, account_id, channel, state, stage, due_at, created_at)
     SELECT @eventId, id, account_id, channel, 'pending', 'due', @now, @now FROM endpoints
     WHERE id IN (
       SELECT endpoint_id FROM hooks WHERE gem_name = @gemName AND endpoint_id > @after AND endpoint_id <= @last
       UNION
       SELECT endpoint_id FROM hooks WHERE gem_name = '*' AND endpoint_id > @after AND endpoint_id <= @last)
     AND disabled_at IS NULL
     ORDER BY id
     ON CONFLICT (event_id, endpoint_id) DO NOTHING`,
  )
  const setProgress = db.$client.prepare(
    'UPDATE events SET fan_out_cursor = @last, fanned_out_at = @fannedOutAt WHERE id = @eventId',
  )
  const setPrevious = db.$client.prepare('UPDATE events SET previous = @previous WHERE id = @eventId')

  return {
    pending: (limit) => oldest.all({ limit }),

    next({ gemName, cursor }, limit) {
      const after = cursor ?? 0
      const ids = wanting.all({ gemName, after, limit }) as number[]
      return { after, last: ids.at(-1) ?? after, done: ids.length < limit }
    },

    setPrevious(eventId, previous) {
      setPrevious.run({ eventId, previous })
    },

    write({ id: eventId, gemName }, { after, last, done }, now) {
      const written = last === after ? 0 : addDeliveries.run({ eventId, gemName, after, last, now }).changes
      setProgress.run({ eventId, last, fannedOutAt: done ? now : null })
      return written
    },
  }
}
