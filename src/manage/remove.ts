import { hostOf } from '../endpoint.js'
import { fail, ok, type Result } from '../error.js'
import { type Answer, text } from './answer.js'
import type { HookCall, ManageParts } from './parts.js'

/** Removes one of the account's hooks (protocol/rubygems-webhooks.md §3.3); URLs are compared byte for byte. */
export function removeHook(call: HookCall, parts: ManageParts): Answer {
  const { gemName, url } = call
  const removed = unregister(call, parts)
  if (!removed.ok) return text(404, removed.problem.message)
  return text(200, `Successfully removed webhook for ${gemName === '*' ? 'all gems' : gemName} to ${url}`)
}

/** Removes one of the account's hooks; `not_found` when there is none such. */
export function unregister(call: HookCall, { ledger, changed, log, now }: ManageParts): Result<null> {
  const { accountId, gemName, url } = call
  if (!ledger.hooks.remove(call, now()))
    return fail('not_found', 'No such webhook exists under your account.')
  log.info({ account: accountId, gem: gemName, host: hostOf(url) }, 'hook removed')
  changed()
  return ok(null)
}
