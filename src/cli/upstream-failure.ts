import type { Config } from '../config.js'
import type { Problem } from '../error.js'
import { nearNames } from '../near-names.js'
import { plain } from '../plain-text.js'
import type { UpstreamProblem } from '../rubygems/result.js'
import { withoutRubyArray } from '../upstream/ruby-array.js'
import { longestName } from './lines.js'
import { didYouMean } from './near.js'

/**
 * A failure of the upstream's hook API for whoever runs a command: the upstream's own text where it has one, else what went
 * wrong on the way. `gemName`: what it was about, or null. An unknown gem comes with near names from the ledger, if there is
 * one.
 */
export async function explainUpstream(
  problem: UpstreamProblem,
  gemName: string | null,
  config: Pick<Config, 'rubygemsHost' | 'dataDir'>,
): Promise<Problem> {
  // `invalid` would say that the command line was wrong; here the upstream had its reasons.
  const code = problem.code === 'invalid' ? 'unavailable' : problem.code
  return { code, message: await wordsFor(problem, gemName, config) }
}

async function wordsFor(
  problem: UpstreamProblem,
  gemName: string | null,
  { rubygemsHost, dataDir }: Pick<Config, 'rubygemsHost' | 'dataDir'>,
): Promise<string> {
  const { status, code, message } = problem
  // What a redirect or a broken server says is not about what was asked.
  const own =
    status !== null && status >= 400 && status < 500 ? withoutRubyArray(problem.text ?? '').trim() : ''
  if (own === '') return message
  const { host } = new URL(rubygemsHost)
  if ((status === 401 || status === 403) && wantsOneTimePassword.test(own))
    return `${own}\nGive the code with --otp.`
  if (status === 401) return `${host} does not accept RUBYGEMS_API_KEY: ${own}`
  if (code === 'throttled') return `${host} takes no more ${forHowLong(problem)}: ${own}`
  if (gemName !== null && isUnknownGem(problem))
    return `${own}: ${plain(gemName, longestName)}.${await suggestion(gemName, dataDir)}`
  return own
}

function forHowLong({ retryAfterMs }: UpstreamProblem): string {
  return retryAfterMs === null ? 'for now' : `for ${Math.ceil(retryAfterMs / 1000)} s`
}

const wantsOneTimePassword = /\bOTP\b|one-time|multi-?factor/i

/** protocol/rubygems-webhooks.md §2.4; a hook that is not there is 404 too. */
function isUnknownGem({ code, text }: UpstreamProblem): boolean {
  return code === 'not_found' && (text ?? '').includes('gem could not be found')
}

/** No more than a courtesy: a ledger that is not there, or that cannot be used, changes nothing about the failure. */
async function suggestion(gemName: string, dataDir: string): Promise<string> {
  const { openLedgerBeside } = await import('../ledger/ledger.js')
  const opened = openLedgerBeside(dataDir)
  if (!opened.ok) return ''
  try {
    return didYouMean(nearNames(gemName, opened.value.releases.gemNames()))
  } finally {
    opened.value.close()
  }
}
