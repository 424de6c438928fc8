import { plain } from '../plain-text.js'
import type { UpstreamProblem } from '../rubygems/result.js'

const longestQuote = 200

/**
 * What went wrong with the upstream, in one line that may go into a log and be shown to anybody: without our receiver's
 * URL, since the receiver token is part of it.
 */
export function syncTrouble(problem: UpstreamProblem, host: string, receiverUrl: string): string {
  const { status, text, message } = problem
  const name = new URL(host).host
  // Where a redirect leads may hold what was asked for.
  if (status !== null && status > 300 && status < 400 && status !== 304)
    return `${name} answered ${status}, a redirect: set RUBYGEMS_HOST to the right address.`
  if (status === null || text === null) return message
  const hidden = text
    .replaceAll(receiverUrl, 'the receiver')
    .replaceAll(encodeURIComponent(receiverUrl), 'the receiver')
  const quote = plain(hidden, longestQuote)
  if (status === 401)
    return `${name} does not accept RUBYGEMS_API_KEY: ${quote}. Set a key that may manage web hooks there, and start this server again.`
  return `${name} answered ${status}: ${quote}`
}
