import { parseUrl } from '../parse-url.js'
import { isVersion } from '../version.js'

const longest = 2000

/** A link by a stranger that may be shown: http or https, without credentials, percent-encoded. Null for all others. */
export function webLink(value: unknown): string | null {
  const url = typeof value === 'string' ? parseUrl(value) : null
  if (url === null) return null
  // "https://rubygems.org@evil.example" looks like a link to somewhere else.
  if (url.username !== '' || url.password !== '') return null
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null
  // What could end the address, or mean something in it, in Slack's markup, in Markdown (Mattermost makes that of it), in
  // HTML or to a mail program that looks for addresses.
  const href = url.href.replace(/['()\\`|]/g, percent)
  return href.length <= longest ? href : null
}

function percent(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`
}

/**
 * Where the difference between two releases can be read: on GitHub when the sources are there, else on Diffend, which
 * compares the packages themselves. Null when the names do not allow for a link.
 */
export function compareLink(gem: string, previous: string, number: string, sources: unknown): string | null {
  if (!/^[\w.-]+$/.test(gem) || !isVersion(previous) || !isVersion(number)) return null
  return gitHubCompare(previous, number, sources) ?? `https://my.diffend.io/gems/${gem}/${previous}/${number}`
}

function gitHubCompare(previous: string, number: string, sources: unknown): string | null {
  const url = new URL(webLink(sources) ?? 'about:blank')
  if (url.host !== 'github.com' && url.host !== 'www.github.com') return null
  const [, owner = '', repository = '', view = '', ref = ''] = url.pathname.split('/')
  const name = repository.replace(/\.git$/, '')
  if (!/^[\w-]+$/.test(owner) || !/^[\w.-]+$/.test(name)) return null
  const tag = tagPrefix(view === 'tree' ? ref : '', number)
  return `https://github.com/${owner}/${name}/compare/${tag}${previous}...${tag}${number}`
}

/** What precedes the number in the repository's tags. A link to the tree of this release tells; most use `v`. */
function tagPrefix(ref: string, number: string): string {
  const prefix = ref.slice(0, -number.length)
  return ref.endsWith(number) && /^[\w.-]*$/.test(prefix) ? prefix : 'v'
}
