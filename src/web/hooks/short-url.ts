import { inboxOf, recipientOf } from '../../endpoint.js'
import { parseUrl } from '../../parse-url.js'

/**
 * An endpoint's URL as lists show it. The path of a web address may be a secret, and somebody may look on: of it only the last
 * four characters stay, to tell one from another. Addresses of mail and of inboxes are whole.
 */
export function shortUrl(url: string): string {
  const parsed = recipientOf(url) === null && inboxOf(url) === null ? parseUrl(url) : null
  if (parsed === null) return url.replace(/^mailto:/i, '')
  const behind = `${parsed.pathname}${parsed.search}`
  return behind === '/' ? parsed.host : `${parsed.host}/…${behind.slice(-4).replace(/^\//, '')}`
}
