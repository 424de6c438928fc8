import { isIP } from 'node:net'
import { type Channel, chooseChannel, urlKind, urlProblems } from '../endpoint.js'
import { fail, ok, type Result } from '../error.js'
import { checkReachable, checkUrl } from '../outbound/guard.js'
import { resolve, systemLookup } from '../outbound/lookup.js'
import type { ManageParts } from './parts.js'

type Policy = Pick<ManageParts, 'allow' | 'lookup' | 'missingMail'>

/**
 * What is wrong with a URL as text, in RubyGems.org's words. A host that RubyGems.org does not take, such as localhost,
 * is nothing wrong where policy lets it be reached; where it does not, the reason stands at the end.
 */
export async function findUrlProblems(url: string, policy: Policy): Promise<string[]> {
  const kind = urlKind(url)
  const refusal = kind === 'local' ? await whyUnreachable(url, policy) : null
  if (refusal === null) return urlProblems(url, kind)
  return [...urlProblems(url, 'unusable'), `Url is refused: ${refusal}`]
}

/**
 * The channel for a URL that is a valid text, asked for or chosen. `invalid` when it does not suit the URL,
 * `unavailable` when email is not set up, `forbidden` when the outbound guard refuses the URL.
 */
export async function chooseUsableChannel(
  url: string,
  asked: string | null,
  { allow, lookup, missingMail }: Policy,
): Promise<Result<Channel>> {
  const channel = chooseChannel(url, asked)
  if (!channel.ok) return channel
  if (channel.value === 'email') {
    return missingMail === null
      ? channel
      : fail('unavailable', `Channel email is not set up on this server: set ${missingMail}`)
  }
  if (channel.value === 'inbox') return channel
  const reachable = await checkReachable(url, allow, lookup)
  return reachable.ok ? ok(channel.value) : fail('forbidden', `Url is refused: ${reachable.problem.message}`)
}

/** Unlike `checkReachable` this takes no unknown name for a good one: a single label could be anything. */
async function whyUnreachable(url: string, { allow, lookup }: Policy): Promise<string | null> {
  const checked = checkUrl(url, allow)
  if (!checked.ok) return checked.problem.message
  const host = checked.value.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) return null
  const resolved = await resolve(host, allow, lookup ?? systemLookup)
  return resolved.ok ? null : resolved.problem.message
}
