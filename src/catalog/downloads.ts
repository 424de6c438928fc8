import type { Catalog, DatedRelease } from '../ledger/catalog.js'
import { type Answer, found, foundText, text } from './answer.js'
import type { Call, CatalogParts } from './parts.js'
import { factsOf } from './payloads.js'

/**
 * Downloads of a release, by its full name, and of its gem, as they were last told; 0 when they were not
 * (protocol/rubygems-api.md §5.12). Yanked releases are counted, too.
 */
export function showDownloads(call: Call, { ledger: { catalog } }: CatalogParts): Answer {
  const named = releaseCalled(call.name, catalog)
  if (named === undefined) return text(404, 'This rubygem could not be found.')
  const total = count(factsOf(catalog.release(named.lastTold.id)).downloads)
  const version = count(factsOf(catalog.release(named.release.id)).version_downloads)
  // Of all answers only this one has Ruby's symbols for keys, which is no YAML that others would write.
  if (call.format === 'yaml')
    return foundText(`---\n:total_downloads: ${total}\n:version_downloads: ${version}\n`, call)
  return found({ total_downloads: total, version_downloads: version }, call, 'private')
}

const longestFullName = 3 * 255 + 2

interface Named {
  release: DatedRelease
  /** Of the gem's releases the one that was last told of. */
  lastTold: DatedRelease
}

/** `NAME-NUMBER[-PLATFORM]`, in which each part may have hyphens: the longest name that fits is meant. */
function releaseCalled(fullName: string, catalog: Catalog): Named | undefined {
  if (fullName.length > longestFullName) return undefined
  for (const { index } of [...fullName.matchAll(/-(?=\d)/g)].reverse()) {
    const releases = catalog.ofGem(fullName.slice(0, index))
    const rest = fullName.slice(index + 1)
    const release = releases.find(({ number, platform }) => rest === numberAndPlatform(number, platform))
    if (release !== undefined) return { release, lastTold: releases.reduce(later) }
  }
  return undefined
}

function numberAndPlatform(number: string, platform: string): string {
  return platform === 'ruby' ? number : `${number}-${platform}`
}

function later(a: DatedRelease, b: DatedRelease): DatedRelease {
  return a.position > b.position ? a : b
}

function count(downloads: unknown): number {
  return Number.isSafeInteger(downloads) && Number(downloads) > 0 ? Number(downloads) : 0
}
