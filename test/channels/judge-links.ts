import type { HostileRelease } from './hostile-payloads.js'

/** A link as a reader would follow it. */
export interface ShownLink {
  url: string
  label: string
}

/**
 * What is wrong with the links of a message: they must be ours, in our order, and each must lead where it says. The
 * payload may say where the changelog is, and on GitHub where the sources are; nothing else.
 */
export function linkFaults(links: readonly ShownLink[], { facts, message }: HostileRelease): string[] {
  const labels = links.map(({ label }) => label).join()
  if (!/^(?:Changelog,)?(?:Compare,)?Gem page$/.test(labels)) return [`links ${labels}`]
  const leadsRight: Record<string, (url: string) => boolean> = {
    Changelog: (url) => isSame(url, facts.changelog_uri),
    Compare: (url) => comparison.test(url),
    'Gem page': (url) => url === message.gemPage,
  }
  return links
    .filter(({ url, label }) => !isHarmless(url) || !leadsRight[label]?.(url))
    .map(({ url, label }) => `${label} leads to ${url}`)
}

const comparison =
  /^https:\/\/(?:github\.com\/[\w-]+\/[\w.-]+\/compare\/[\w.-]+\.\.\.[\w.-]+|my\.diffend\.io\/gems\/[\w.-]+\/[\w.-]+\/[\w.-]+)$/

/** An address of the web without credentials, written so that it ends nowhere but at its end. */
function isHarmless(url: string): boolean {
  const { protocol, username, password, href } = new URL(url)
  return (
    /^https?:$/.test(protocol) &&
    username + password === '' &&
    href === url &&
    !/[^!#-&*-;=?-[\]-_a-{}~]/.test(url)
  )
}

/** Whether two addresses are the same once percent signs are read. */
function isSame(shown: string, given: unknown): boolean {
  return typeof given === 'string' && decodePunctuation(shown) === decodePunctuation(new URL(given).href)
}

function decodePunctuation(url: string): string {
  return url.replace(/%(?:7C|2[789]|60|5C)/g, (sign) => decodeURIComponent(sign))
}
