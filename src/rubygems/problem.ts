import type { Problem } from '../error.js'
import type { OutboundAnswer } from '../outbound/client.js'
import { plain } from '../plain-text.js'
import { retryAfterMs } from '../retry-after.js'
import { failure, type UpstreamCode, type UpstreamFailure } from './result.js'

/** Why an answer is a failure, or null when it is none: 2xx and 304. `asked` is such as `GET host/path`. */
export function problemIn(answer: OutboundAnswer, asked: string, now: number): UpstreamFailure | null {
  const { status, headers } = answer
  if (isUnlikeAnApi(answer)) {
    const message = `${asked} was answered ${status} with a web page where the API should be: check RUBYGEMS_HOST.`
    return failure('unavailable', message, { status })
  }
  if (status < 300 || status === 304) return null
  const text = ownText(answer)
  const wait = status === 429 || status === 503 ? retryAfterMs(headers['retry-after'], now) : null
  const about = { status, text, retryAfterMs: wait }
  if (status < 400) return failure('invalid', redirected(asked, status, headers.location), about)
  return failure(codeOf(status), sentence(`${asked} was answered ${status}`, text), about)
}

/** A problem on the way to the upstream, the guard's refusal included. `write`: something may have been done. */
export function problemOnTheWay(problem: Problem, asked: string, write: boolean): UpstreamFailure {
  if (problem.code === 'forbidden' || problem.code === 'invalid')
    return failure(problem.code, `${asked} was not sent: ${problem.message}`)
  const doubt = write ? ' It may have been done all the same: look before you repeat it.' : ''
  return failure('unavailable', `${asked} failed: ${problem.message}.${doubt}`)
}

// Proxies and captive portals answer 200 and 404 in HTML; taken for the upstream's word, a 404 would deny a release.
function isUnlikeAnApi({ status, headers }: OutboundAnswer): boolean {
  return isWebPage(headers) && ((status >= 200 && status < 300) || status === 404 || status === 410)
}

function isWebPage(headers: Record<string, string>): boolean {
  return /^text\/html\b/i.test(headers['content-type'] ?? '')
}

function redirected(asked: string, status: number, location = ''): string {
  const target = plain(location, 300) || 'nowhere'
  return `${asked} was answered ${status}, a redirect to ${target}: redirects are not followed, set RUBYGEMS_HOST to the right address.`
}

function codeOf(status: number): UpstreamCode {
  return codes[status] ?? (status >= 500 ? 'unavailable' : 'invalid')
}

const codes: Record<number, UpstreamCode> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  410: 'gone',
  429: 'throttled',
}

function sentence(start: string, text: string | null): string {
  const shown = plain(text, 300)
  return shown === '' ? `${start}.` : `${start}: ${shown}`
}

/** The text of an error answer: that of `{"error":…}` when it is JSON of that form, else the body as it stands. */
function ownText({ headers, body }: OutboundAnswer): string | null {
  const text = body.toString('utf8')
  if (text === '' || isWebPage(headers)) return null
  return errorIn(text) ?? text
}

function errorIn(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text)
    const error = typeof value === 'object' && value !== null && 'error' in value ? value.error : null
    return typeof error === 'string' ? error : null
  } catch {
    // Most of the upstream's errors are plain text.
    return null
  }
}
