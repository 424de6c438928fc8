import type { Result } from '../error.js'
import type { OutboundAnswer } from '../outbound/client.js'
import { parseUrl } from '../parse-url.js'
import { plain } from '../plain-text.js'
import { retryAfterMs } from '../retry-after.js'
import { keepText, type Report, unanswered } from './report.js'

/**
 * What an HTTP endpoint's answer to a message means: 2xx delivered, 410 gone for good, a URL that is none dead, and
 * everything else to be tried again, a refusal by the guard too: where a name leads can change back. `endedAt` is the
 * time of the answer, ms since the epoch.
 */
export function reportHttp(url: string, result: Result<OutboundAnswer>, endedAt: number): Report {
  if (!result.ok)
    return unanswered(result.problem.code === 'invalid' ? 'dead' : 'retry', result.problem.message)
  const { status, headers, body } = result.value
  const answer = { statusCode: status, headers, response: keepText(body) }
  if (status >= 200 && status < 300) {
    return { ...answer, verdict: 'succeeded', error: null, retryAfterMs: null, endpointGone: false }
  }
  const gone = status === 410
  return {
    ...answer,
    verdict: gone ? 'dead' : 'retry',
    error: explain(new URL(url), status, headers),
    retryAfterMs: gone ? null : retryAfterMs(headers['retry-after'], endedAt),
    endpointGone: gone,
  }
}

function explain(url: URL, status: number, headers: Record<string, string>): string {
  const { host } = url
  if (status === 410) return `${host} answered 410 Gone: the address no longer exists; register the new one.`
  if (status < 300 || status >= 400) return `${host} answered ${status} instead of 2xx.`
  return `${host} answered ${status} and pointed to ${targetOf(headers.location, url)}; redirects are not followed, so register the final address.`
}

/** Without path and query: they are often the ones that were asked for, and these may be a secret; this text is logged. */
function targetOf(location: string | undefined, url: URL): string {
  const target = location === undefined ? null : parseUrl(location, url)
  if (target === null) return 'no address'
  return plain(`${target.protocol}//${target.host}`, 300)
}
