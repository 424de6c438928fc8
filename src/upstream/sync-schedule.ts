/** When to sync. It remembers what came of the last one; times in ms since the epoch. */
export interface SyncSchedule {
  /** Whether a sync towards this target is due now. Targets are compared as texts. */
  isDue(target: string, now: number): boolean
  /** A sync has begun. */
  began(target: string, now: number): void
  /** It ended, well or not. */
  ended(well: boolean): void
  /** How long after the last beginning the next one is due when nothing changes, ms. */
  waitMs(): number
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/**
 * After a success: at once when the target changed, else after an hour. After failures: after 1, 2, 4 … at most 60 minutes;
 * when the target changed, after a minute.
 */
export function createSyncSchedule(): SyncSchedule {
  let last: { target: string; at: number } | null = null
  let failures = 0
  const waitMs = () => (failures === 0 ? hourMs : Math.min(hourMs, minuteMs * 2 ** (failures - 1)))
  return {
    isDue(target, now) {
      if (last === null) return true
      const waited = now - last.at
      // A clock that was set back must not make it longer.
      if (waited < 0) return true
      if (target === last.target) return waited >= waitMs()
      return failures === 0 || waited >= minuteMs
    },
    began(target, now) {
      last = { target, at: now }
    },
    ended(well) {
      failures = well ? 0 : failures + 1
    },
    waitMs,
  }
}
