import type { Wanted } from '../ledger/hooks.js'
import type { UpstreamHook } from '../rubygems/schemas.js'

/** How the upstream's hooks are brought in step with the hooks here. Names of gems, `*` for all, in order. */
export interface SyncPlan {
  add: string[]
  /** A name for each row that must go: a race may have left two of them. */
  remove: string[]
  unchanged: string[]
}

/** What a plan is made of. */
export interface SyncPlanParts {
  wanted: Wanted
  /** Every hook of the account at the upstream. */
  listed: readonly UpstreamHook[]
  /** Ours are the hooks with exactly this URL. No other is ever touched. */
  receiverUrl: string
  /** With more gems than this, one hook on `*` stands for all. */
  globalAbove: number
}

/** More gems than this are worth a hook on `*`, unless somebody says another number. */
export const defaultGlobalAbove = 100

/** Plans a sync. When the plan is carried out, the next one has nothing to add or remove. */
export function planSync({ wanted, listed, receiverUrl, globalAbove }: SyncPlanParts): SyncPlan {
  const target = new Set(targetOf(wanted, globalAbove))
  const own = listed.filter(({ url }) => url === receiverUrl).map(({ gemName }) => gemName)
  const present = new Set(own)
  return {
    add: [...target].filter((name) => !present.has(name)).sort(),
    remove: own.filter((name) => !target.has(name)).sort(),
    unchanged: [...target].filter((name) => present.has(name)).sort(),
  }
}

/** The names to have hooks on at the upstream: one for each gem, or `*` alone. */
export function targetOf({ all, gemNames }: Wanted, globalAbove: number): string[] {
  return all || gemNames.length > globalAbove ? ['*'] : gemNames
}
