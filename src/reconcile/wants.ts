import type { Wanted } from '../ledger/hooks.js'

/** Whether any hook wants to hear of a gem. */
export function wantsOf({ all, gemNames }: Wanted): (gemName: string) => boolean {
  const names = new Set(gemNames)
  return (gemName) => all || names.has(gemName)
}

const hourMs = 60 * 60_000

/**
 * Since when releases of a gem are news, ms since the epoch: from an hour before the first hook that wants it, so that
 * what came out while it was being registered is not missed.
 */
export function newsSince({ since }: Wanted): (gemName: string) => number {
  const first = (name: string) => since.get(name) ?? Number.POSITIVE_INFINITY
  return (gemName) => Math.min(first('*'), first(gemName)) - hourMs
}

/** Whether no hook wants to hear of anything. */
export function wantsNothing({ all, gemNames }: Wanted): boolean {
  return !all && gemNames.length === 0
}
