import type { RememberedHook } from '../ledger/upstreams.js'
import { label } from '../plain-text.js'

const dayMs = 24 * 3_600_000

/** Whether the upstream failed to deliver to a hook within the last 24 hours, as far as was seen. */
export function roseLately({ risenAt }: RememberedHook, now: number): boolean {
  return risenAt !== null && now - risenAt < dayMs
}

/**
 * A sentence for each of our hooks whose failures rose within the last 24 hours. `hooks` are those at `host`; `now` in ms
 * since the epoch.
 */
export function risingWarnings(hooks: readonly RememberedHook[], host: string, now: number): string[] {
  return hooks
    .filter((hook) => roseLately(hook, now))
    .map(({ gemName, failureCount, risenAt }) => {
      const times = `${failureCount} time${failureCount === 1 ? '' : 's'}`
      const seen = new Date(risenAt ?? now).toISOString()
      return `${new URL(host).host} could not deliver to this server: ${hookName(gemName)} has failed ${times} in all (last seen to rise at ${seen}).`
    })
}

/** A sentence for each gem that hooks here are on and that the upstream does not know. */
export function unknownGemWarnings(gemNames: readonly string[], host: string): string[] {
  return gemNames.map(
    (gemName) =>
      `${new URL(host).host} knows no gem ${label(gemName, 100)}, so nothing will be heard of it: check the hooks on it here.`,
  )
}

function hookName(gemName: string): string {
  return gemName === '*' ? 'the hook for all gems' : `the hook for ${label(gemName, 100)}`
}
