/** How an endpoint has fared (protocol/rubygems-webhooks.md §11). Times are ms since the epoch. */
export interface Health {
  failuresSinceLastSuccess: number
  successesSinceLastFailure: number
  lastSuccessAt: number | null
  lastFailureAt: number | null
}

/** Why an endpoint is switched off by the rule below. */
export const tooManyFailures = 'too many failures since the last success'

/** Why an endpoint is switched off at once. */
export const goneForGood = 'the address answered 410 Gone'

/** Health after a delivery that succeeded at `at`; a report older than the last failure changes only what it may. */
export function afterSuccess(health: Health, at: number, now: number): Health {
  const late = isBefore(at, health.lastFailureAt, now)
  return {
    failuresSinceLastSuccess: late ? health.failuresSinceLastSuccess : 0,
    successesSinceLastFailure: health.successesSinceLastFailure + (late ? 0 : 1),
    lastSuccessAt: latest(at, health.lastSuccessAt, now),
    lastFailureAt: health.lastFailureAt,
  }
}

/** Health after a delivery that ended dead at `at`; a report older than the last success changes only what it may. */
export function afterFailure(health: Health, at: number, now: number): Health {
  const late = isBefore(at, health.lastSuccessAt, now)
  return {
    failuresSinceLastSuccess: health.failuresSinceLastSuccess + (late ? 0 : 1),
    successesSinceLastFailure: late ? health.successesSinceLastFailure : 0,
    lastSuccessAt: health.lastSuccessAt,
    lastFailureAt: latest(at, health.lastFailureAt, now),
  }
}

/** 25 failures since the last success, and no success (or enabling) for more than a calendar month: both are needed. */
export function mustDisable(health: Health, enabledAt: number, now: number): boolean {
  const lastGoodAt = Math.max(health.lastSuccessAt ?? enabledAt, enabledAt)
  return health.failuresSinceLastSuccess >= 25 && lastGoodAt < monthBefore(now)
}

/** What happened in the future did so by a clock that was wrong: nothing can be told from it. */
function isBefore(at: number, other: number | null, now: number): boolean {
  return other !== null && at < other && other <= now
}

/** A moment that lies ahead would stay the latest one until it has come. */
function latest(at: number, other: number | null, now: number): number {
  return other === null || other > now ? at : Math.max(at, other)
}

function monthBefore(time: number): number {
  const date = new Date(time)
  const day = date.getUTCDate()
  date.setUTCMonth(date.getUTCMonth() - 1)
  // 31 March less a month is the last day of February, not 3 March.
  if (date.getUTCDate() !== day) date.setUTCDate(0)
  return date.getTime()
}
