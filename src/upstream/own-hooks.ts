import type { HookAddress } from '../rubygems/web-hooks.js'

/** Our own hooks in a listing, a row each: a race may have registered one twice (protocol/rubygems-webhooks.md §3.1). */
export interface OwnHooks<Hook extends HookAddress> {
  /** At our receiver's URL. */
  current: Hook[]
  /** At a URL that it had before: the receiver token or PUBLIC_URL changed since. */
  earlier: Hook[]
}

/**
 * Finds ours among the listed hooks: those whose URL is our receiver's, byte for byte, since the upstream keeps URLs as they
 * were given, and those that are remembered as ours under another URL.
 */
export function ownHooks<Hook extends HookAddress>(
  listed: readonly Hook[],
  receiverUrl: string,
  remembered: readonly HookAddress[],
): OwnHooks<Hook> {
  const known = new Set(remembered.map(hookKey))
  return {
    current: listed.filter(({ url }) => url === receiverUrl),
    earlier: listed.filter((hook) => hook.url !== receiverUrl && known.has(hookKey(hook))),
  }
}

/** A text that no hook on another gem or URL has. */
export function hookKey({ gemName, url }: HookAddress): string {
  return JSON.stringify([gemName, url])
}
