import type { Progress } from '../ledger/upstreams.js'
import type { TimeRange } from '../rubygems/timeframe.js'

const minuteMs = 60_000
const overlapMs = 60 * minuteMs
const dayMs = 24 * 60 * minuteMs
const waitMinutes = [15, 1, 2, 4, 8]

/**
 * What is still to be read of an upstream, with an hour's overlap: what was created before may have become visible only
 * later. A clock that was set back makes nothing of what was complete by it: then the upstream's own times count.
 */
export function rangeToRead({ completeUntil, publishedAt, begunAt }: Progress, now: number): TimeRange {
  const seenUntil = completeUntil <= now ? completeUntil : Math.min(publishedAt ?? begunAt, now)
  return { from: seenUntil - overlapMs, to: now }
}

/**
 * Up to when a window that was shown to its end is complete: its end is the time here, and a clock that is ahead would take
 * what is still to come for seen. The upstream's own times prove how far its clock has come, so up to the newest release
 * that was seen there everything has been; where nothing is published, all but the last day. So a clock up to a day ahead
 * loses nothing, and a quiet upstream costs a day's window each pass. `publishedAt`: of that release; null: none yet.
 */
export function completeUntil({ to }: TimeRange, publishedAt: number | null): number {
  return Math.min(to, Math.max(publishedAt ?? Number.NEGATIVE_INFINITY, to - dayMs))
}

/** How long after a pass the next one is due, in ms: 15 minutes, and sooner after the first failures in a row. */
export function waitAfter(failures: number): number {
  return (waitMinutes[failures] ?? 15) * minuteMs
}
