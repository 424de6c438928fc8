import { hostOf } from '../endpoint.js'
import { type Answer, text } from './answer.js'
import type { HookCall, ManageParts } from './parts.js'

/** Removes one of the account's hooks (protocol/rubygems-webhooks.md §3.3); URLs are compared byte for byte. */
export function removeHook(call: HookCall, { ledger, log, now }: ManageParts): Answer {
  const { accountId, gemName, url } = call
  if (!ledger.hooks.remove(call, now())) return text(404, 'No such webhook exists under your account.')
  log.info({ account: accountId, gem: gemName, host: hostOf(url) }, 'hook removed')
  return text(200, `Successfully removed webhook for ${gemName === '*' ? 'all gems' : gemName} to ${url}`)
}
