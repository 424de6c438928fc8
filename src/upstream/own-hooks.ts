import type { UpstreamHook } from '../rubygems/schemas.js'

/**
 * Our own hooks in a listing: those whose URL is our receiver's, byte for byte, since the upstream keeps URLs as they were
 * given. A gem that a race registered twice (protocol/rubygems-webhooks.md §3.1) is there once, with the higher count.
 */
export function ownHooks(listed: readonly UpstreamHook[], receiverUrl: string): UpstreamHook[] {
  const own = new Map<string, UpstreamHook>()
  for (const hook of listed) {
    if (hook.url !== receiverUrl) continue
    const failureCount = Math.max(hook.failureCount, own.get(hook.gemName)?.failureCount ?? 0)
    own.set(hook.gemName, { ...hook, failureCount })
  }
  return [...own.values()]
}
