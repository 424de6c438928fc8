import { hostOf } from '../endpoint.js'
import { chooseUsableChannel, findUrlProblems } from './address-check.js'
import { type Answer, text } from './answer.js'
import type { HookCall, ManageParts } from './parts.js'
import { rubyArray } from './ruby-literal.js'

/** Registers a hook (protocol/rubygems-webhooks.md §3.1). RubyGems.org's own refusals come before gemherald's. */
export async function createHook(call: HookCall, parts: ManageParts): Promise<Answer> {
  const { hooks } = parts.ledger
  const { accountId, gemName, url } = call
  const problems = await findUrlProblems(url, parts)
  if (problems.length > 0) return conflict(problems)
  if (hooks.exists(call)) return conflict([alreadyRegistered(call)])
  const channel = await chooseUsableChannel(url, call.channel, parts)
  if (!channel.ok) return conflict([channel.problem.message])

  // Another request may have registered it meanwhile.
  if (!hooks.create({ accountId, gemName, url, channel: channel.value }, parts.now()))
    return conflict([alreadyRegistered(call)])
  parts.log.info(
    { account: accountId, gem: gemName, channel: channel.value, host: hostOf(url) },
    'hook registered',
  )
  return text(201, `Successfully created webhook for ${gemName === '*' ? 'all gems' : gemName} to ${url}`)
}

function conflict(problems: readonly string[]): Answer {
  return text(409, rubyArray(problems))
}

function alreadyRegistered({ gemName, url }: HookCall): string {
  return gemName === '*'
    ? `A global hook for ${url} has already been registered`
    : `A hook for ${url} has already been registered for ${gemName}`
}
