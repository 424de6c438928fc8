const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** Waits after the first, second, … attempt, ms. After the last one a delivery is dead. */
export const retrySchedule = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  10 * hour,
] as const

const jitter = 0.2
const longestRetryAfter = hour
const tooManyRequests = 429
const shortestWaitAfter429 = minute

/** What the far side said about when to come back. */
export interface RetryHints {
  statusCode: number | null
  /** ms */
  retryAfterMs: number | null
}

/**
 * How long to wait after attempt number `attempt` (1 for the first) failed, in ms; null when it was the last one.
 * `random` gives numbers in [0, 1). `Retry-After` counts when it is longer than the step, up to an hour.
 */
export function retryDelayMs(attempt: number, hints: RetryHints, random: () => number): number | null {
  const step = retrySchedule[attempt - 1]
  if (step === undefined) return null
  const jittered = step * (1 - jitter + 2 * jitter * random())
  return Math.round(Math.max(jittered, askedFor(hints)))
}

/** The longest wait that can follow attempt number `attempt` (1 for the first), ms; 0 after the last one. */
export function longestDelayMs(attempt: number): number {
  const step = retrySchedule[attempt - 1]
  return step === undefined ? 0 : Math.round(Math.max(step * (1 + jitter), longestRetryAfter))
}

/** How long the far side wants to be left alone, in ms: 0 when it asked for nothing. */
export function askedFor({ statusCode, retryAfterMs }: RetryHints): number {
  if (retryAfterMs !== null) return Math.min(retryAfterMs, longestRetryAfter)
  return statusCode === tooManyRequests ? shortestWaitAfter429 : 0
}
