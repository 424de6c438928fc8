import { type Channel, hostOf } from '../endpoint.js'
import type { ErrorCode } from '../error.js'
import { chooseUsableChannel, findUrlProblems } from './address-check.js'
import { type Answer, text } from './answer.js'
import type { HookCall, ManageParts } from './parts.js'
import { rubyArray } from './ruby-literal.js'

/** Why a hook was not registered. */
export interface Refusal {
  code: ErrorCode
  /** In RubyGems.org's words where it has some. At least one. */
  problems: string[]
}

/** Registers a hook and answers as the v1 API does (protocol/rubygems-webhooks.md §3.1). */
export async function createHook(call: HookCall, parts: ManageParts): Promise<Answer> {
  const { gemName, url } = call
  const registered = await register(call, parts)
  if ('problems' in registered) return text(409, rubyArray(registered.problems))
  return text(201, `Successfully created webhook for ${gemName === '*' ? 'all gems' : gemName} to ${url}`)
}

/** Registers a hook. RubyGems.org's own refusals come before gemherald's. */
export async function register(call: HookCall, parts: ManageParts): Promise<{ channel: Channel } | Refusal> {
  const { hooks } = parts.ledger
  const { accountId, gemName, url } = call
  const problems = await findUrlProblems(url, parts)
  if (problems.length > 0) return { code: 'invalid', problems }
  if (hooks.exists(call)) return alreadyRegistered(call)
  const channel = await chooseUsableChannel(url, call.channel, parts)
  if (!channel.ok) return { code: channel.problem.code, problems: [channel.problem.message] }

  // Another request may have registered it meanwhile.
  if (!hooks.create({ accountId, gemName, url, channel: channel.value }, parts.now()))
    return alreadyRegistered(call)
  parts.log.info(
    { account: accountId, gem: gemName, channel: channel.value, host: hostOf(url) },
    'hook registered',
  )
  parts.changed()
  return { channel: channel.value }
}

function alreadyRegistered({ gemName, url }: HookCall): Refusal {
  const problem =
    gemName === '*'
      ? `A global hook for ${url} has already been registered`
      : `A hook for ${url} has already been registered for ${gemName}`
  return { code: 'conflict', problems: [problem] }
}
