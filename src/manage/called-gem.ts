import type { Hooks } from '../ledger/hooks.js'
import type { FireCall } from './fire.js'
import type { FoundGem, GemLookup } from './gem-lookup.js'
import type { HookCall } from './parts.js'

/** What the v1 API says when there is no such gem (protocol/rubygems-webhooks.md §2.3). */
export const gemNotFound = 'This gem could not be found'

/** What RubyGems.org fires for all gems (§5.3). */
export const gemForAll = 'gemcutter'

const unasked: FoundGem = { upstream: null }

/** The gem that a hook names; undefined when there is none such. All gems are not asked for. */
export async function calledGem(
  gems: GemLookup,
  gemName: string,
  accountId: number,
): Promise<FoundGem | undefined> {
  return gemName === '*' ? unasked : gems.find(gemName, accountId)
}

/** The gem of a hook that is to be removed: one that is there can be, whatever the upstream says of its gem by now. */
export async function gemToRemove(
  gems: GemLookup,
  hooks: Pick<Hooks, 'exists'>,
  { accountId, gemName, url }: Pick<HookCall, 'accountId' | 'gemName'> & { url: string | null },
): Promise<FoundGem | undefined> {
  if (url !== null && hooks.exists({ accountId, gemName, url })) return unasked
  return calledGem(gems, gemName, accountId)
}

/** The same call, about the gem that stands for all gems when it was for these. */
export async function withGemForAll(gems: GemLookup, call: FireCall): Promise<FireCall> {
  if (call.gemName !== '*') return call
  return { ...call, gemName: gemForAll, gem: (await gems.find(gemForAll, call.accountId)) ?? unasked }
}
