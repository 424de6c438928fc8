import type { Lane } from './pace.js'
import type { UpstreamFailure, UpstreamProblem } from './result.js'

/** Remembers who asked to be left alone, and until when. */
export interface Holds {
  /**
   * Takes note of a failure with a `Retry-After`; the longest one counts, and none for more than 15 minutes. `asked` is what
   * was answered so, such as `GET /versions`.
   */
  keep(lane: Lane, failure: UpstreamFailure, asked: string): void
  /** What holds a lane up; null when nothing does. */
  on(lane: Lane): Hold | null
}

/** A lane that is held up. */
export interface Hold {
  leftMs: number
  /** The answer that asked for it; `retryAfterMs` is what is left of it. */
  problem: UpstreamProblem
  /** Such as `asked to be left alone until 2026-11-20T12:15:00.000Z (429 to GET /versions)`. */
  why: string
}

// A slip in one header must not silence gemherald for a year; who still wants peace afterwards says so again.
const longestMs = 15 * 60_000

/** `now` in ms since the epoch. */
export function createHolds(now: () => number): Holds {
  const holds = new Map<Lane, { from: number; until: number; problem: UpstreamProblem; asked: string }>()
  return {
    keep(lane, { problem }, asked) {
      const { retryAfterMs } = problem
      if (retryAfterMs === null || retryAfterMs === 0) return
      const until = now() + Math.min(retryAfterMs, longestMs)
      if (until > (holds.get(lane)?.until ?? 0)) holds.set(lane, { from: now(), until, problem, asked })
    },
    on(lane) {
      const hold = holds.get(lane)
      const time = now()
      // A clock that was set back must not make it longer.
      if (hold === undefined || time >= hold.until || time < hold.from) {
        holds.delete(lane)
        return null
      }
      const { until, problem, asked } = hold
      const leftMs = until - time
      const why = `asked to be left alone until ${new Date(until).toISOString()} (${problem.status} to ${asked})`
      return { leftMs, problem: { ...problem, retryAfterMs: leftMs }, why }
    },
  }
}
