import type { Wanted } from '../ledger/hooks.js'
import type { HookAddress } from '../rubygems/web-hooks.js'
import type { OwnHooks } from './own-hooks.js'

/** How the upstream's hooks are brought in step with the hooks here. Names of gems, `*` for all, in order. */
export interface SyncPlan {
  add: string[]
  /** A name for each row that must go: a race may have left two of them. */
  remove: string[]
  /** Ours at earlier URLs of this server, a hook for each row. They go once what is to be added is there. */
  removeEarlier: HookAddress[]
  unchanged: string[]
}

/** What a plan is made of. */
export interface SyncPlanParts {
  wanted: Pick<Wanted, 'all' | 'gemNames'>
  /** What is listed at the upstream and is ours. No other hook is ever touched. */
  own: OwnHooks<HookAddress>
  /** With more gems than this, one hook on `*` stands for all. */
  globalAbove: number
}

/** More gems than this are worth a hook on `*`, unless somebody says another number. */
export const defaultGlobalAbove = 100

/** Plans a sync. When the plan is carried out, the next one has nothing to add or remove. */
export function planSync({ wanted, own, globalAbove }: SyncPlanParts): SyncPlan {
  const target = new Set(targetOf(wanted, globalAbove))
  const current = own.current.map(({ gemName }) => gemName)
  const present = new Set(current)
  return {
    add: [...target].filter((name) => !present.has(name)).sort(),
    remove: current.filter((name) => !target.has(name)).sort(),
    removeEarlier: own.earlier.map(({ gemName, url }) => ({ gemName, url })).sort(byName),
    unchanged: [...target].filter((name) => present.has(name)).sort(),
  }
}

function byName(a: HookAddress, b: HookAddress): number {
  return a.gemName < b.gemName ? -1 : Number(a.gemName > b.gemName)
}

/** The names to have hooks on at the upstream: one for each gem, or `*` alone. */
export function targetOf({ all, gemNames }: Pick<Wanted, 'all' | 'gemNames'>, globalAbove: number): string[] {
  return all || gemNames.length > globalAbove ? ['*'] : gemNames
}
