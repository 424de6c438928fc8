import type { CatalogRelease } from '../ledger/catalog.js'
import { isGemName } from '../payload.js'
import { readNumberAndPlatform } from '../rubygems/names.js'
import { isVersion } from '../version.js'
import { factsOf } from './payloads.js'

type Identity = Pick<CatalogRelease, 'gemName' | 'number' | 'platform'>

/**
 * A release as the compact index writes it, `NUMBER[-PLATFORM]`; null when that would be read as another release, as it
 * would with the hyphens of old numbers.
 */
export function indexEntry({ gemName, number, platform }: Identity): string | null {
  const entry = platform === 'ruby' ? number : `${number}-${platform}`
  const read = readNumberAndPlatform(entry)
  const isSame = read?.number === number && read.platform === platform
  return isSame && isGemName(gemName) ? entry : null
}

/** The line of `/versions` for what happened to a release, with its newline; none when there is no way to write it. */
export function versionsLine(release: Identity & { yanked: boolean }, infoChecksum: string): string[] {
  const entry = indexEntry(release)
  if (entry === null) return []
  return [`${release.gemName} ${release.yanked ? '-' : ''}${entry} ${infoChecksum}\n`]
}

/**
 * The line of `/info/NAME` for a release, with its newline; empty when there is no way to write it
 * (protocol/rubygems-api.md §6). What strangers wrote in a way that such a line cannot hold is left out. Webhooks do not
 * tell what a release requires of Ruby and RubyGems.
 */
export function infoLine(release: CatalogRelease): string {
  const entry = indexEntry(release)
  if (entry === null) return ''
  const { dependencies, sha } = factsOf(release)
  const checksum = typeof sha === 'string' && /^[0-9a-f]{64}$/i.test(sha) ? `checksum:${sha},` : ''
  return `${entry} ${runtimeOf(dependencies)}|${checksum}created_at:${wholeSeconds(release.createdAt)}\n`
}

/** A time as the compact index writes it. */
export function wholeSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

function runtimeOf(dependencies: unknown): string {
  const runtime = (dependencies as { runtime?: unknown } | null | undefined)?.runtime
  if (!Array.isArray(runtime)) return ''
  return runtime
    .map(dependency)
    .filter((text) => text !== null)
    .join(',')
}

function dependency(stated: unknown): string | null {
  const { name, requirements } = (stated ?? {}) as { name?: unknown; requirements?: unknown }
  if (typeof name !== 'string' || typeof requirements !== 'string' || !isGemName(name)) return null
  const parts = requirements.split(',').map((requirement) => requirement.trim())
  return parts.every(isRequirement) ? `${name}:${parts.join('&')}` : null
}

function isRequirement(text: string): boolean {
  const [, number] = /^(?:[<>]=?|!?=|~>) (\S+)$/.exec(text) ?? []
  return number !== undefined && isVersion(number)
}
