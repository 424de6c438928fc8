import type { Lane } from './pace.js'
import type { UpstreamFailure } from './result.js'

/** Remembers who asked to be left alone, and until when. */
export interface Holds {
  /** Takes note of a failure with a `Retry-After`; the longest one counts. */
  keep(lane: Lane, failure: UpstreamFailure): void
  /** What holds a lane up, with the time that is left; null when nothing does. */
  on(lane: Lane): { leftMs: number; failure: UpstreamFailure } | null
}

/** `now` in ms. */
export function createHolds(now: () => number): Holds {
  const holds = new Map<Lane, { from: number; until: number; failure: UpstreamFailure }>()
  return {
    keep(lane, failure) {
      const { retryAfterMs } = failure.problem
      if (retryAfterMs === null || retryAfterMs === 0) return
      const until = now() + retryAfterMs
      if (until > (holds.get(lane)?.until ?? 0)) holds.set(lane, { from: now(), until, failure })
    },
    on(lane) {
      const hold = holds.get(lane)
      const time = now()
      // A clock that was set back must not make it longer.
      if (hold === undefined || time >= hold.until || time < hold.from) {
        holds.delete(lane)
        return null
      }
      const leftMs = hold.until - time
      const problem = { ...hold.failure.problem, retryAfterMs: leftMs }
      return { leftMs, failure: { ok: false, problem } }
    },
  }
}
