import { setImmediate } from 'node:timers/promises'
import type { Catalog, GemEntry } from '../ledger/catalog.js'
import { newestRelease } from '../manage/newest-release.js'
import { isPrerelease } from '../version.js'
import { factsOf } from './payloads.js'

/**
 * Brings the index of gems up to date. Nothing is indexed when a webhook arrives, so that receiving stays quick; whoever
 * asks pays for what is new, in steps between which others get their turn. Throws when the ledger cannot be written.
 */
export async function catchUp(catalog: Catalog): Promise<void> {
  while (indexSome(catalog)) await setImmediate()
}

const releasesAtOnce = 250
const longestWords = 1000

function indexSome(catalog: Catalog): boolean {
  const unindexed = catalog.unindexed(releasesAtOnce)
  if (unindexed === undefined) return false
  const gemNames = new Set(unindexed.releases.map(({ gemName }) => gemName))
  const entries = [...gemNames].map((gemName) => entryOf(gemName, catalog))
  catalog.index(
    entries.filter((entry) => entry !== undefined),
    unindexed.position,
  )
  return true
}

function entryOf(name: string, catalog: Catalog): GemEntry | undefined {
  const releases = catalog.ofGem(name)
  const newest = newestRelease(releases)
  if (newest === undefined) return undefined
  const live = releases.filter(({ yanked }) => !yanked)
  const { info, downloads } = factsOf(catalog.release(newest.id))
  return {
    name,
    createdAt: releases.reduce((first, { createdAt }) => Math.min(first, createdAt), Number.MAX_SAFE_INTEGER),
    releaseId: newest.id,
    live: live.length > 0,
    stable: live.some(({ number }) => !isPrerelease(number)),
    downloads: Number.isSafeInteger(downloads) ? Number(downloads) : 0,
    words: `${name} ${typeof info === 'string' ? info.slice(0, longestWords) : ''}`.toLowerCase(),
  }
}
