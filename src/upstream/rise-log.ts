import type { Logger } from 'pino'
import type { RememberedHook } from '../ledger/upstreams.js'
import { plain } from '../plain-text.js'
import { roseLately } from './hook-warnings.js'
import { hookKey } from './own-hooks.js'

/** Logs rising failures of our hooks at the upstream, whoever noticed them: this server, or a command. */
export interface RiseLog {
  /**
   * Logs what rose since the last call; at the first one, what rose within the last 24 hours. `before` and `after` are our
   * hooks as they are remembered before and after a look at the upstream; `now` in ms since the epoch.
   */
  tell(before: readonly RememberedHook[], after: readonly RememberedHook[], now: number): void
}

export function createRiseLog(log: Logger): RiseLog {
  let told: ReadonlyMap<string, RememberedHook> | null = null
  return {
    tell(before, after, now) {
      const known = told ?? byKey(before)
      for (const hook of after) {
        const last = known.get(hookKey(hook))
        const isNew = told === null ? roseLately(hook, now) : hook.risenAt !== last?.risenAt
        if (isNew && hook.risenAt !== null) warn(log, hook, hook.risenAt, last)
      }
      told = byKey(after)
    },
  }
}

function byKey(hooks: readonly RememberedHook[]): ReadonlyMap<string, RememberedHook> {
  return new Map(hooks.map((hook) => [hookKey(hook), hook]))
}

function warn(
  log: Logger,
  { gemName, failureCount }: RememberedHook,
  risenAt: number,
  last: RememberedHook | undefined,
): void {
  const rise = failureCount - (last?.failureCount ?? 0)
  log.warn(
    {
      gem: plain(gemName, 200),
      // By how much is not known of what was noticed before this server started.
      ...(rise > 0 && { rise }),
      failureCount,
      risenAt: new Date(risenAt).toISOString(),
    },
    'the upstream could not deliver to this server',
  )
}
