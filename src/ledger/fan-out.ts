import { eq, isNull, sql } from 'drizzle-orm'
import type { EventKind } from '../event.js'
import type { Database } from './open.js'
import { events } from './schema.js'

/** An event whose deliveries are not all written yet. */
export interface PendingEvent {
  id: number
  kind: EventKind
  gemName: string
  number: string
  /** Null: fan-out has not begun. */
  cursor: number | null
}

export interface FanOut {
  /** The oldest events that still have to be fanned out. */
  pending(limit: number): PendingEvent[]
  /** Begins an event's fan-out and fixes the release that its jump is measured from. */
  begin(eventId: number, previous: string | null): void
  /**
   * Writes the next deliveries of an event, at most `limit`, one for each enabled endpoint that a hook on the gem or on
   * `*` points to, and remembers how far it came, in one commit. `done` when there are no more.
   */
  chunk(
    event: PendingEvent,
    cursor: number,
    limit: number,
    now: number,
  ): { cursor: number; written: number; done: boolean }
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
    .where(isNull(events.fannedOutAt))
    .orderBy(events.id)
    .limit(sql.placeholder('limit'))
    .prepare()
  return {
    pending: (limit) => oldest.all({ limit }),

    begin: (eventId, previous) => {
      db.update(events).set({ previous, fanOutCursor: 0 }).where(eq(events.id, eventId)).run()
    },

    chunk: (event, cursor, limit, now) =>
      db.transaction(
        () => {
          // Both arms walk hooks_wanting in order of endpoint, so a chunk costs its own length, not all hooks.
          const wanting = db.all<{ endpointId: number }>(sql`
            SELECT endpoint_id AS endpointId FROM hooks WHERE gem_name = ${event.gemName} AND endpoint_id > ${cursor}
            UNION
            SELECT endpoint_id FROM hooks WHERE gem_name = '*' AND endpoint_id > ${cursor}
            ORDER BY 1 LIMIT ${limit}`)
          const last = wanting.at(-1)?.endpointId ?? cursor
          const done = wanting.length < limit
          const { changes } = db.run(sql`
            INSERT INTO deliveries (event_id, endpoint_id, channel, state, stage, due_at, created_at)
            SELECT ${event.id}, id, channel, 'pending', 'due', ${now}, ${now} FROM endpoints
            WHERE id IN (
              SELECT endpoint_id FROM hooks WHERE gem_name = ${event.gemName} AND endpoint_id > ${cursor} AND endpoint_id <= ${last}
              UNION
              SELECT endpoint_id FROM hooks WHERE gem_name = '*' AND endpoint_id > ${cursor} AND endpoint_id <= ${last})
            AND disabled_at IS NULL
            ORDER BY id
            ON CONFLICT (event_id, endpoint_id) DO NOTHING`)
          db.update(events)
            .set({ fanOutCursor: last, fannedOutAt: done ? now : null })
            .where(eq(events.id, event.id))
            .run()
          return { cursor: last, written: changes, done }
        },
        { behavior: 'immediate' },
      ),
  }
}
