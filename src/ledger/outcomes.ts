import { sql } from 'drizzle-orm'
import { afterAttempt, type DeliveryState, type Outcome } from '../delivery.js'
import {
  afterFailure,
  afterSuccess,
  goneForGood,
  type Health,
  mustDisable,
  tooManyFailures,
} from '../health.js'
import { disableEndpoint } from './endpoint-switch.js'
import { type LatencySheet, latencySheets } from './latencies.js'
import { commitLightly, type Database } from './open.js'

/** What recording an outcome changed, for the log and the pace. */
export interface Recorded {
  outcome: Outcome
  endpointId: number
  /** False: this attempt had been recorded before, and nothing changed. */
  fresh: boolean
  /** The delivery is given up. */
  died: boolean
  /** Why the endpoint was disabled just now. */
  disabled: string | null
}

export interface Outcomes {
  /**
   * Writes outcomes in one commit: the attempts, the deliveries' next states, the health of endpoints and hooks.
   * Recording the same attempt twice changes nothing. Outcomes of deliveries that do not exist are left out. `waitFrom` is
   * the same moment as `now` in steady time, which the next attempts wait by.
   */
  record(outcomes: readonly Outcome[], now: number, waitFrom: number, random?: () => number): Recorded[]
}

const keptResponse = 16 * 1024

interface DeliveryRow extends Health {
  state: DeliveryState
  endpointId: number
  accountId: number
  gemName: string
  receivedAt: number
  enabledAt: number
  disabledAt: number | null
  attemptsBefore: number
}

export function outcomesIn(db: Database): Outcomes {
  const newSheet = latencySheets(db)
  // These run thousands of times a second, so they are prepared once and bound without a detour.
  const deliveryOf = db.$client.prepare<[number], DeliveryRow>(
    `SELECT d.state, d.endpoint_id AS endpointId, d.account_id AS accountId, d.attempts_before AS attemptsBefore,
       e.gem_name AS gemName, e.received_at AS receivedAt, p.enabled_at AS enabledAt, p.disabled_at AS disabledAt,
       p.failures_since_last_success AS failuresSinceLastSuccess,
       p.successes_since_last_failure AS successesSinceLastFailure,
       p.last_success_at AS lastSuccessAt, p.last_failure_at AS lastFailureAt
     FROM deliveries d JOIN events e ON e.id = d.event_id JOIN endpoints p ON p.id = d.endpoint_id
     WHERE d.id = ?`,
  )
  const addAttempt = db.$client.prepare(
    `INSERT INTO attempts (delivery_id, number, started_at, duration_ms, verdict, status_code, response, error)
     VALUES (@deliveryId, @attempt, @startedAt, @durationMs, @verdict, @statusCode, @response, @error)
     ON CONFLICT DO NOTHING`,
  )
  const settle = db.$client.prepare(
    `UPDATE deliveries SET state = @state, stage = @stage, due_at = @dueAt, attempts = @attempt,
       finished_at = @finishedAt, lease_until = NULL
     WHERE id = @id`,
  )
  const endWithdrawn = db.$client.prepare<[number, number]>(
    `UPDATE deliveries SET stage = NULL, lease_until = NULL WHERE id = ? AND stage = 'withdrawn' AND attempts + 1 = ?`,
  )
  const setHealth = db.$client.prepare(
    `UPDATE endpoints SET failures_since_last_success = @failuresSinceLastSuccess,
       successes_since_last_failure = @successesSinceLastFailure,
       last_success_at = @lastSuccessAt, last_failure_at = @lastFailureAt
     WHERE id = @id`,
  )

  const recordOne = (
    outcome: Outcome,
    now: number,
    waitFrom: number,
    random: () => number,
    latencies: LatencySheet,
  ): Recorded | undefined => {
    const delivery = deliveryOf.get(outcome.deliveryId)
    if (delivery === undefined) return undefined
    const unchanged = { outcome, endpointId: delivery.endpointId, fresh: false, died: false, disabled: null }
    const { headers: _, ...kept } = { ...outcome, response: firstBytes(outcome.response, keptResponse) }
    if (addAttempt.run(kept).changes === 0) return unchanged
    // A delivery that was cancelled while its attempt was under way stays cancelled; the attempt is history. So it is when
    // the delivery was asked for again meanwhile.
    if (delivery.state !== 'pending' || outcome.attempt <= delivery.attemptsBefore) {
      endWithdrawn.run(outcome.deliveryId, outcome.attempt)
      return { ...unchanged, fresh: true }
    }

    // A worker's clock may run ahead of this one.
    const endedAt = Math.min(outcome.startedAt + outcome.durationMs, now)
    const next = afterAttempt(outcome.attempt - delivery.attemptsBefore, outcome, random)
    settle.run({
      id: outcome.deliveryId,
      attempt: outcome.attempt,
      state: next.state,
      stage: next.state === 'pending' ? 'waiting' : null,
      dueAt: next.state === 'pending' ? waitFrom + next.waitMs : waitFrom,
      finishedAt: next.state === 'pending' ? null : now,
    })
    // From receipt to a redelivery is how long a person took.
    if (next.state === 'succeeded' && delivery.attemptsBefore === 0)
      latencies.add(delivery.accountId, endedAt, endedAt - delivery.receivedAt)
    const died = next.state === 'dead'
    if (died) countFailure(delivery)
    const disabled = next.state === 'pending' ? null : updateHealth(delivery, outcome, died, endedAt, now)
    return { ...unchanged, fresh: true, died, disabled }
  }

  const countFailure = (delivery: DeliveryRow) =>
    db.run(sql`UPDATE hooks SET failure_count = failure_count + 1
      WHERE endpoint_id = ${delivery.endpointId} AND gem_name IN (${delivery.gemName}, '*')`)

  const updateHealth = (
    delivery: DeliveryRow,
    { endpointGone }: Outcome,
    died: boolean,
    endedAt: number,
    now: number,
  ) => {
    const { endpointId, enabledAt, disabledAt } = delivery
    const health = (died ? afterFailure : afterSuccess)(delivery, endedAt, now)
    setHealth.run({ ...health, id: endpointId })
    if (!died || disabledAt !== null) return null
    const reason = endpointGone ? goneForGood : mustDisable(health, enabledAt, now) ? tooManyFailures : null
    if (reason !== null) disableEndpoint(db, endpointId, reason, now)
    return reason
  }

  return {
    record: (outcomes, now, waitFrom, random = Math.random) =>
      commitLightly(db, () => {
        const latencies = newSheet()
        const records = outcomes.flatMap(
          (outcome) => recordOne(outcome, now, waitFrom, random, latencies) ?? [],
        )
        latencies.write()
        return records
      }),
  }
}

/** The text's first `limit` bytes in UTF-8, never half a character. */
function firstBytes(text: string | null, limit: number): string | null {
  if (text === null || Buffer.byteLength(text) <= limit) return text
  const bytes = Buffer.from(text)
  let end = limit
  // 10xxxxxx: the cut would fall inside a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.toString('utf8', 0, end)
}
