import type { Wanted } from '../ledger/hooks.js'

/** Whether any hook wants to hear of a gem. */
export function wantsOf({ all, gemNames }: Wanted): (gemName: string) => boolean {
  const names = new Set(gemNames)
  return (gemName) => all || names.has(gemName)
}

/** Whether no hook wants to hear of anything. */
export function wantsNothing({ all, gemNames }: Wanted): boolean {
  return !all && gemNames.length === 0
}
