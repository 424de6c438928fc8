import type { Problem } from '../error.js'
import { plain } from '../plain-text.js'
import { refusals } from '../receive/refusals.js'
import type { UpstreamProblem, UpstreamResult } from '../rubygems/result.js'
import { withoutRubyArray } from './ruby-array.js'

/** Why a calibration found nothing out. */
export interface CalibrationProblem extends Problem {
  /** What the upstream said when it did not fire at all; null when it did. */
  refusal: UpstreamProblem | null
}

/**
 * Why our receiver did not see what the upstream was to fire, and what to do. The receiver's URL is left out of what the
 * upstream said: the receiver token is part of it.
 */
export function whyUnseen(fired: UpstreamResult<string>, receiverUrl: string): CalibrationProblem {
  const said = (text: string) =>
    plain(withoutRubyArray(text).replaceAll(receiverUrl, 'the receiver'), longestQuote)
  const text = (fired.ok ? fired.value : fired.problem.text) ?? ''
  if (fired.ok || isFailedDelivery(text))
    return { code: 'unavailable', message: `${whyUnanswered(text)} It said: ${said(text)}`, refusal: null }
  const { problem } = fired
  const told = text === '' ? problem.message : `The upstream answered ${problem.status}: ${said(text)}`
  // `invalid` would say that the command line was wrong.
  const code = problem.code === 'invalid' ? 'unavailable' : problem.code
  return { code, message: `${told}${adviceFor(problem)}`, refusal: problem }
}

const longestQuote = 1000

/** The upstream did fire, and says what came of it (protocol/rubygems-webhooks.md §5.2). */
function isFailedDelivery(text: string): boolean {
  return text.startsWith('There was a problem deploying webhook')
}

function whyUnanswered(text: string): string {
  if (text.includes(refusals.ticket.error))
    return 'The server has another secret than this command, or another time: run it with the DATA_DIR and GEMHERALD_SECRET of the server.'
  if (text.includes(refusals.token.error))
    return 'The server wants another receiver token: run this command with the GEMHERALD_RECEIVER_TOKEN of the server.'
  return /\nResponse: \d/.test(text)
    ? `The upstream had an answer, but not from this gemherald. ${howReached}`
    : `The upstream could not reach this server. ${howReached}`
}

const howReached = 'The server must run, and PUBLIC_URL must be how the world reaches it.'

/** What to do where the upstream did not fire at all. */
function adviceFor({ status }: UpstreamProblem): string {
  if (status === 401 || status === 403)
    return ' RUBYGEMS_API_KEY must be a key that may manage web hooks (access_webhooks).'
  if (status === 404) return ' Name a gem that the upstream has with --gem.'
  if (status === 429) return ' It fires 10 times in 10 minutes: wait that long.'
  // §5.7: what the relay refuses comes out as a 500.
  if (status === 500)
    return ' RubyGems.org says so too of a URL that it does not call: PUBLIC_URL must be an address in the public internet.'
  return ''
}
