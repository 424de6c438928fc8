import { type SQL, sql } from 'drizzle-orm'
import type { Database } from './open.js'

/** Cancels the pending deliveries that `which` picks; those that are out are marked, so that the transport is told. */
export function cancelDeliveries(db: Database, which: SQL, now: number): void {
  db.run(sql`
    UPDATE deliveries SET state = 'cancelled', finished_at = ${now},
      stage = CASE stage WHEN 'leased' THEN 'withdrawn' END
    WHERE state = 'pending' AND ${which}`)
}
