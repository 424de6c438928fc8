import type { Logger } from 'pino'

/** Counts the rows of a pass that could not be read. */
export interface UnreadableRows {
  /** The gem of each; null where not even that can be read. */
  add(gemNames: readonly (string | null)[]): void
  /** One warning about all of them, if there are any. Only what can be the name of a gem is in it. */
  tell(log: Logger): void
}

const mostNamed = 20

/** None so far. */
export function createUnreadableRows(): UnreadableRows {
  const gems = new Set<string>()
  let rows = 0
  return {
    add(gemNames) {
      rows += gemNames.length
      for (const gemName of gemNames) if (gemName !== null && gems.size < mostNamed) gems.add(gemName)
    },
    tell(log) {
      if (rows === 0) return
      log.warn({ rows, gems: [...gems] }, 'passed over releases of the upstream that cannot be read')
    },
  }
}
