import type { Database } from './open.js'

/** What goes wrong at an endpoint now: messages that failed and are to be tried again. */
export interface EndpointTrouble {
  /** How many wait after a failure; `mostLooked` at most. */
  waiting: number
  /** Of the attempt that ended last. */
  error: string | null
  statusCode: number | null
  /** When that attempt ended, ms since the epoch. */
  at: number
}

/** Endpoints that fail, before anything was given up. */
export interface EndpointTroubles {
  /** Undefined: nothing waits after a failure. */
  now(endpointId: number): EndpointTrouble | undefined
}

/** The oldest deliveries are tried first, so these few tell what there is to tell. */
export const mostLooked = 50

export function endpointTroublesIn({ $client: client }: Database): EndpointTroubles {
  // What was asked for again begins anew: its earlier failures are no trouble of now.
  const failures = client.prepare<[number], EndpointTrouble>(
    `SELECT count(*) OVER () AS waiting, a.error, a.status_code AS statusCode,
       a.started_at + a.duration_ms AS at
     FROM (SELECT id, attempts, attempts_before FROM deliveries INDEXED BY deliveries_endpoint
         WHERE endpoint_id = ? AND state = 'pending' ORDER BY event_id LIMIT ${mostLooked}) d
       JOIN attempts a ON a.delivery_id = d.id
         AND a.number = (SELECT max(number) FROM attempts WHERE delivery_id = d.id)
     WHERE d.attempts > d.attempts_before
     ORDER BY at DESC LIMIT 1`,
  )
  return { now: (endpointId) => failures.get(endpointId) }
}
