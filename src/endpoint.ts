import { domainToASCII } from 'node:url'
import { fail, ok, type Result } from './error.js'
import { parseUrl } from './parse-url.js'

/** How an endpoint is reached. */
export type Channel = 'webhook' | 'slack' | 'email' | 'inbox'

export const channels: readonly Channel[] = ['webhook', 'slack', 'email', 'inbox']

/** A channel that workers make attempts on; the server keeps what goes to inboxes itself. */
export type CarriedChannel = Exclude<Channel, 'inbox'>

export const carriedChannels: readonly CarriedChannel[] = ['webhook', 'slack', 'email']

/**
 * What a URL is. `web`: RubyGems.org takes it too (protocol/rubygems-webhooks.md §4). `local`: http(s) to a host that
 * RubyGems.org does not take, `localhost`, another single label or an IPv6 address: fit only where policy lets it be
 * reached. `mail`: `mailto:` and one email address. `inbox`: `inbox:NAME`, kept here. `unusable`: none of these.
 */
export type UrlKind = 'web' | 'local' | 'mail' | 'inbox' | 'unusable'

/** What a URL is, by its text alone. */
export function urlKind(url: string): UrlKind {
  if (webPattern.test(url)) return 'web'
  if (localPattern.test(url)) return 'local'
  if (inboxOf(url) !== null) return 'inbox'
  return recipientOf(url) === null ? 'unusable' : 'mail'
}

/** The address that a `mailto:` URL names, percent-decoded; null unless it is exactly one address and nothing else. */
export function recipientOf(url: string): string | null {
  const address = decode(/^mailto:([^?#]+)$/i.exec(url)?.[1] ?? '')
  const [, local, domain] = addressPattern.exec(address) ?? []
  if (local === undefined || domain === undefined || address.length > longestAddress) return null
  return isDotted(local) && domainPattern.test(domainToASCII(domain)) ? address : null
}

/** NAME of `inbox:NAME`: lower-case letters, digits, `-` and `_`, 64 at most; null when the URL is none such. */
export function inboxOf(url: string): string | null {
  return /^inbox:([a-z0-9][a-z0-9_-]{0,63})$/.exec(url)?.[1] ?? null
}

/**
 * The one address behind a hook's URL: what endpoints are told apart by. Spellings of a mailbox (`MAILTO:`, percent
 * signs, a domain in capitals) are one address; web URLs are compared byte for byte, as upstream does.
 */
export function endpointUrl(url: string): string {
  const recipient = recipientOf(url)
  if (recipient === null) return url
  const at = recipient.lastIndexOf('@')
  return `mailto:${recipient.slice(0, at).replaceAll(/[%?#]/g, encodeURIComponent)}${recipient.slice(at).toLowerCase()}`
}

/** What is wrong with a URL, in RubyGems.org's words and order (§3.1); none when it can be registered. */
export function urlProblems(url: string, kind: UrlKind): string[] {
  const problems: string[] = []
  if (kind === 'unusable') problems.push('Url does not appear to be a valid URL')
  if (kind === 'unusable' && /^mailto:/i.test(url)) problems.push(mailtoProblem)
  if (kind === 'unusable' && /^inbox:/i.test(url)) problems.push(inboxProblem)
  if (/^\p{White_Space}*$/u.test(url)) problems.push("Url can't be blank")
  if ([...url].length > longestUrl) problems.push(`Url is too long (maximum is ${longestUrl} characters)`)
  return problems
}

/** The channel asked for, or the one that suits the URL. `invalid` when it is unknown or cannot reach such a URL. */
export function chooseChannel(url: string, asked: string | null): Result<Channel> {
  const mail = /^mailto:/i.test(url)
  if (mail && recipientOf(url) === null) return fail('invalid', mailtoProblem)
  const inbox = /^inbox:/i.test(url)
  if (inbox && inboxOf(url) === null) return fail('invalid', inboxProblem)
  if (asked === null) return ok(mail ? 'email' : inbox ? 'inbox' : isSlack(url) ? 'slack' : 'webhook')
  const channel = channels.find((known) => known === asked)
  if (channel === undefined) return fail('invalid', `Channel is not one of ${channels.join(', ')}`)
  if ((channel === 'email') === mail && (channel === 'inbox') === inbox) return ok(channel)
  const needed = neededUrls[channel]
  return fail('invalid', `Channel ${channel} needs ${needed}`)
}

/** Where a URL leads, without the parts that may be secret: fit for logs. */
export function hostOf(url: string): string {
  const recipient = recipientOf(url)
  if (recipient !== null) return recipient.slice(recipient.lastIndexOf('@') + 1)
  return inboxOf(url) === null ? (parseUrl(url)?.hostname ?? '') : 'inbox'
}

const longestUrl = 255
const longestAddress = 254
const slackHosts: ReadonlySet<string> = new Set(['hooks.slack.com', 'hooks.slack-gov.com'])
const neededUrls: Record<Channel, string> = {
  webhook: 'an http or https URL',
  slack: 'an http or https URL',
  email: 'a mailto: URL',
  inbox: 'inbox: followed by a name',
}
const inboxProblem =
  'Url must be inbox: followed by a name of lower-case letters, digits, - and _, 64 characters at most'
const mailtoProblem = 'Url must be mailto: followed by one email address and nothing else'

// Ruby's \s is ASCII only, so JavaScript's will not do; with `u`, letters fold as they do in Ruby.
// Unlike upstream's, these credentials may not hold / ? #: `http://a/b:c@example.com/` leads to the host `a`.
const start = String.raw`^https?:\/\/(?:[^ \t\r\n\f\v:@\/?#]+:[^ \t\r\n\f\v:@\/?#]*@)?`
const end = String.raw`(?::\d{1,5})?(?:[\/?][^ \t\r\n\f\v]*)?$`
const webPattern = new RegExp(String.raw`${start}[A-Za-z\d\-]+(?:\.[A-Za-z\d\-]+)+\.?${end}`, 'iu')
const localPattern = new RegExp(String.raw`${start}(?:[A-Za-z\d\-]+\.?|\[[\dA-F:.]+\])${end}`, 'iu')

// No list, no quotes, no comments, no route: nothing that a mail library could read as a second address.
const addressPattern = /^((?!\/)[^\s\p{C}<>()[\],;:"\\@]{1,64})@([\p{L}\p{M}\p{N}.-]+)$/u
const domainPattern =
  /^(?=.{1,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)*(?!\d+$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/

function isDotted(local: string): boolean {
  return local.split('.').every((atom) => atom !== '')
}

function isSlack(url: string): boolean {
  return slackHosts.has(parseUrl(url)?.hostname ?? '')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray percent sign: no address that anybody meant.
    return ''
  }
}
