import { and, eq, sql } from 'drizzle-orm'
import { afterAttempt, type Outcome } from '../delivery.js'
import {
  afterFailure,
  afterSuccess,
  goneForGood,
  type Health,
  mustDisable,
  tooManyFailures,
} from '../health.js'
import { commitLightly, type Database } from './open.js'
import { attempts, deliveries, endpoints, events } from './schema.js'

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
   * Recording the same attempt twice changes nothing. Outcomes of deliveries that do not exist are left out.
   */
  record(outcomes: readonly Outcome[], now: number, random?: () => number): Recorded[]
}

const keptResponse = 16 * 1024

interface DeliveryRow extends Health {
  endpointId: number
  gemName: string
  enabledAt: number
  disabledAt: number | null
}

export function outcomesIn(db: Database): Outcomes {
  const deliveryOf = db
    .select({
      endpointId: deliveries.endpointId,
      state: deliveries.state,
      gemName: events.gemName,
      enabledAt: endpoints.enabledAt,
      disabledAt: endpoints.disabledAt,
      failuresSinceLastSuccess: endpoints.failuresSinceLastSuccess,
      successesSinceLastFailure: endpoints.successesSinceLastFailure,
      lastSuccessAt: endpoints.lastSuccessAt,
      lastFailureAt: endpoints.lastFailureAt,
    })
    .from(deliveries)
    .innerJoin(events, eq(events.id, deliveries.eventId))
    .innerJoin(endpoints, eq(endpoints.id, deliveries.endpointId))
    .where(eq(deliveries.id, sql.placeholder('id')))
    .prepare()
  const addAttempt = db
    .insert(attempts)
    .values({
      deliveryId: sql.placeholder('deliveryId'),
      number: sql.placeholder('attempt'),
      startedAt: sql.placeholder('startedAt'),
      durationMs: sql.placeholder('durationMs'),
      verdict: sql.placeholder('verdict'),
      statusCode: sql.placeholder('statusCode'),
      response: sql.placeholder('response'),
      error: sql.placeholder('error'),
    })
    .onConflictDoNothing()
    .prepare()
  const settle = db
    .update(deliveries)
    .set({
      state: sql`${sql.placeholder('state')}`,
      stage: sql`${sql.placeholder('stage')}`,
      dueAt: sql`${sql.placeholder('dueAt')}`,
      attempts: sql`${sql.placeholder('attempt')}`,
      finishedAt: sql`${sql.placeholder('finishedAt')}`,
      leaseUntil: null,
    })
    .where(eq(deliveries.id, sql.placeholder('id')))
    .prepare()
  const setHealth = db
    .update(endpoints)
    .set({
      failuresSinceLastSuccess: sql`${sql.placeholder('failuresSinceLastSuccess')}`,
      successesSinceLastFailure: sql`${sql.placeholder('successesSinceLastFailure')}`,
      lastSuccessAt: sql`${sql.placeholder('lastSuccessAt')}`,
      lastFailureAt: sql`${sql.placeholder('lastFailureAt')}`,
    })
    .where(eq(endpoints.id, sql.placeholder('id')))
    .prepare()

  const recordOne = (outcome: Outcome, now: number, random: () => number): Recorded | undefined => {
    const delivery = deliveryOf.get({ id: outcome.deliveryId })
    if (delivery === undefined) return undefined
    const unchanged = { outcome, endpointId: delivery.endpointId, fresh: false, died: false, disabled: null }
    const kept = { ...outcome, response: firstBytes(outcome.response, keptResponse) }
    if (addAttempt.run(kept).changes === 0) return unchanged
    // A delivery that was cancelled while its attempt was under way stays cancelled; the attempt is history.
    if (delivery.state !== 'pending') return { ...unchanged, fresh: true }

    const endedAt = outcome.startedAt + outcome.durationMs
    const next = afterAttempt(outcome.attempt, outcome, random)
    settle.run({
      id: outcome.deliveryId,
      attempt: outcome.attempt,
      state: next.state,
      stage: next.state === 'pending' ? 'waiting' : null,
      dueAt: next.state === 'pending' ? now + next.waitMs : now,
      finishedAt: next.state === 'pending' ? null : now,
    })
    const died = next.state === 'dead'
    if (died) countFailure(delivery)
    const disabled = next.state === 'pending' ? null : updateHealth(delivery, outcome, died, endedAt, now)
    return { ...unchanged, fresh: true, died, disabled }
  }

  const countFailure = (delivery: DeliveryRow) =>
    db.run(sql`UPDATE hooks SET failure_count = failure_count + 1
      WHERE endpoint_id = ${delivery.endpointId} AND gem_name IN (${delivery.gemName}, '*')`)

  const updateHealth = (
    { endpointId, enabledAt, disabledAt, ...before }: DeliveryRow,
    { endpointGone }: Outcome,
    died: boolean,
    endedAt: number,
    now: number,
  ) => {
    const health = died ? afterFailure(before, endedAt) : afterSuccess(before, endedAt)
    setHealth.run({ ...health, id: endpointId })
    if (!died || disabledAt !== null) return null
    const reason = endpointGone ? goneForGood : mustDisable(health, enabledAt, now) ? tooManyFailures : null
    if (reason !== null) disable(endpointId, reason, now)
    return reason
  }

  const disable = (endpointId: number, reason: string, now: number) => {
    db.update(endpoints)
      .set({ disabledAt: now, disabledReason: reason })
      .where(eq(endpoints.id, endpointId))
      .run()
    db.update(deliveries)
      .set({ state: 'cancelled', stage: null, finishedAt: now })
      .where(and(eq(deliveries.endpointId, endpointId), sql`state = 'pending'`))
      .run()
  }

  return {
    record: (outcomes, now, random = Math.random) =>
      commitLightly(db, () => outcomes.flatMap((outcome) => recordOne(outcome, now, random) ?? [])),
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
