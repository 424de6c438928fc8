import { isIP } from 'node:net'
import { fail, ok, type Problem, type Result } from '../error.js'
import { parseUrl } from '../parse-url.js'
import { type AllowList, addressAllowed } from './address.js'
import { readCredentials } from './credentials.js'
import { type Lookup, resolve, systemLookup } from './lookup.js'

/**
 * All that can be said about a URL without asking DNS. `invalid`: not an http(s) URL in plain form. `forbidden`: its
 * port or its literal address is off limits. The message is fit to be shown to the person who entered the URL.
 * Parsing is WHATWG's (url.spec.whatwg.org): the host in the returned URL is the one that gets connected to.
 */
export function checkUrl(text: string, allow: AllowList): Result<URL> {
  const malformed = findMalformation(text)
  if (malformed !== null) return fail('invalid', malformed)
  const url = new URL(text)
  const credentials = readCredentials(url)
  if (!credentials.ok) return credentials
  if (!portAllowed(url)) {
    return fail('forbidden', `port ${url.port} is not reachable: use 80, 443 or a port from 1024 up`)
  }
  const problem = refuseLiteral(bareHost(url), allow)
  return problem === null ? ok(url) : { ok: false, problem }
}

/**
 * `checkUrl`, and every address that the host's name has now. A name that does not resolve is not refused, it may
 * resolve later; the connection checks again.
 */
export async function checkReachable(
  text: string,
  allow: AllowList,
  lookup: Lookup = systemLookup,
): Promise<Result<URL>> {
  const checked = checkUrl(text, allow)
  if (!checked.ok || isIP(bareHost(checked.value)) !== 0) return checked
  const resolved = await resolve(bareHost(checked.value), allow, lookup)
  return !resolved.ok && resolved.problem.code === 'forbidden' ? resolved : checked
}

/** Why a host that is an IP address may not be reached; null when it may, or when it is a name. */
export function refuseLiteral(host: string, allow: AllowList): Problem | null {
  if (isIP(host) === 0 || addressAllowed(host, allow)) return null
  return {
    code: 'forbidden',
    message: `${host} is not an address on the public internet: use one that is, or add it to OUTBOUND_ALLOW`,
  }
}

function findMalformation(text: string): string | null {
  // The parser drops or rewrites these without a word, so that the text would not say where the request goes.
  if (/[\\\s\p{Cc}\p{Cf}]/u.test(text)) {
    return 'the URL contains whitespace, a backslash or an invisible character: percent-encode or remove it'
  }
  const [, authority] = /^https?:\/\/([^/?#]+)/i.exec(text) ?? []
  if (authority === undefined)
    return 'the URL does not start with http:// or https:// and a host: write it in full'
  const parts = authority.split('@')
  if (parts.length > 2)
    return 'the URL has more than one "@" before its path: percent-encode those in the password'
  if (parts.at(-1)?.includes('%'))
    return 'the host in the URL contains "%": write it without percent-encoding or zone id'
  return parseUrl(text) === null
    ? 'the URL has no valid host and port: write it like https://example.com:8443/path'
    : null
}

function portAllowed(url: URL): boolean {
  const port = Number(url.port)
  // The parser leaves out a scheme's own port.
  return url.port === '' || port === 80 || port === 443 || port >= 1024
}

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}
