import type { RememberedHook, SeenHook } from '../ledger/upstreams.js'
import { roseLately } from './hook-warnings.js'

/**
 * How one of our hooks fares, in a few words. `before` is what the ledger remembers of it. The upstream only counts failures,
 * so without that nothing can be said of a hook that ever failed. `now` in ms since the epoch.
 */
export function hookState(
  { failureCount }: SeenHook,
  before: RememberedHook | undefined,
  now: number,
): string {
  if (before === undefined) return failureCount === 0 ? 'healthy' : 'unknown'
  const rise = failureCount - before.failureCount
  if (rise > 0) return `failing (+${rise} since ${duration(now - before.seenAt)})`
  if (roseLately(before, now)) return `failing (rose ${duration(now - (before.risenAt ?? now))} ago)`
  return 'healthy'
}

/** A rough length of time, in ms: `5 min`, `2 h`, `3 d`. */
function duration(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000))
  if (minutes < 60) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`
}
