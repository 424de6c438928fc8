import { sql } from 'drizzle-orm'
import { cancelDeliveries } from './cancel.js'
import type { Database } from './open.js'

/** What enabling an endpoint changes in it: its failures are forgotten. `now` in ms since the epoch. */
export function enabledAgain(now: number) {
  return { enabledAt: now, disabledAt: null, disabledReason: null, failuresSinceLastSuccess: 0 }
}

/** Disables an endpoint and cancels what is pending; part of the commit that it is called in. `now` in ms since the epoch. */
export function disableEndpoint(db: Database, endpointId: number, reason: string, now: number): void {
  db.run(sql`UPDATE endpoints SET disabled_at = ${now}, disabled_reason = ${reason} WHERE id = ${endpointId}`)
  cancelDeliveries(db, sql`endpoint_id = ${endpointId}`, now)
}
