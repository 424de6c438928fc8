import type { Problem } from '../error.js'
import { nearNames } from '../near-names.js'
import { plain } from '../plain-text.js'
import type { Rubygems } from '../rubygems/client.js'
import type { UpstreamProblem } from '../rubygems/result.js'
import { withoutRubyArray } from '../upstream/ruby-array.js'
import { longestName } from './lines.js'
import { didYouMean } from './near.js'

/** What was asked, of whom. */
export interface Asked {
  /** Base URL of the server. */
  url: string
  /** The gem that it was about, if it was about one. */
  gemName: string | null
  client: Pick<Rubygems, 'autocomplete'>
}

/**
 * A failure of a gemherald's hook API for whoever runs a command: the server's own text where it has one, else what went
 * wrong on the way. An unknown gem comes with near names that the server knows.
 */
export async function explainFailure(problem: UpstreamProblem, asked: Asked): Promise<Problem> {
  // `invalid` would say that the command line was wrong; here the server had its reasons, or an endpoint failed.
  const code = problem.code === 'invalid' ? 'unavailable' : problem.code
  return { code, message: await wordsFor(problem, asked) }
}

async function wordsFor(problem: UpstreamProblem, { url, gemName, client }: Asked): Promise<string> {
  const own = ownText(problem)
  const host = new URL(url).host
  if (problem.status === 401)
    return `${host} does not accept GEMHERALD_API_KEY${own === '' ? '.' : `: ${own}`}`
  if (gemName !== null && problem.code === 'not_found' && /gem could not be found/.test(own))
    return `${own}: ${plain(gemName, longestName)}.${await suggestion(gemName, client)}`
  if (own !== '') return own
  const message = problem.message.replaceAll('RUBYGEMS_HOST', 'GEMHERALD_URL')
  if (problem.status !== null || problem.code !== 'unavailable') return message
  return `${message} Is gemherald running at ${host}? GEMHERALD_URL says where it is.`
}

/** A redirect's text is not about what was asked. */
function ownText({ status, text }: UpstreamProblem): string {
  return status !== null && status >= 400 ? withoutRubyArray(text ?? '').trim() : ''
}

const suggestWithinMs = 5_000

/** No more than a courtesy: a server that cannot help with it changes nothing about the failure. */
async function suggestion(gemName: string, client: Asked['client']): Promise<string> {
  const names = await client.autocomplete(gemName, { withinMs: suggestWithinMs })
  return names.ok ? didYouMean(nearNames(gemName, names.value)) : ''
}
