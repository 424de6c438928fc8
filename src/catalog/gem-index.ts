import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Catalog, GemEntry, Unindexed } from '../ledger/catalog.js'
import { newestRelease } from '../manage/newest-release.js'
import { isPrerelease } from '../version.js'
import { versionsLine, wholeSeconds } from './index-entry.js'
import { infoOf, type Pause } from './info.js'
import type { CatalogParts, CatchUp } from './parts.js'
import { pauseEvery } from './pause.js'
import { factsOf } from './payloads.js'

/**
 * Brings the index up to date: gems for searches, and lines for the compact index's `/versions`. Nothing is indexed when a
 * webhook arrives, so that receiving stays quick; whoever asks pays for what is new, in steps between which others get
 * their turn. All who ask at once wait for the same steps. Throws when the ledger cannot be written.
 */
export function createCatchUp(parts: Pick<CatalogParts, 'ledger' | 'now'>): CatchUp {
  const { catalog } = parts.ledger
  const indexed: Indexed = new Map()
  let step: Promise<void> | undefined
  const indexSome = async () => {
    const unindexed = catalog.unindexed(releasesAtOnce)
    if (unindexed !== undefined) await index(unindexed, indexed, parts)
    await setImmediate()
  }
  return async (gone) => {
    while (catalog.unindexed(1) !== undefined) {
      step ??= indexSome().finally(() => {
        step = undefined
      })
      await step
      gone.throwIfAborted()
    }
  }
}

/** What `/versions` begins with, if it begins now; `now` in ms since the epoch. */
export function versionsHead(now: number): string {
  return `created_at: ${wholeSeconds(now)}\n---\n`
}

const releasesAtOnce = 250
const payloadsAtOnce = 100
const mostRemembered = 20_000
const longestWords = 1000

/** A gem as it was when it was read for the index. */
interface GemState {
  position: number
  /** MD5 hex of its `/info`. */
  infoChecksum: string
}

/**
 * Gems as they stand in the index, by name. One to which nothing has happened since is not read again: when a ledger is
 * indexed for the first time, a gem with a thousand releases comes up a thousand times.
 */
type Indexed = Map<string, GemState>

/** What happens to a release meanwhile gets a line of its own, with a newer checksum, the next time. */
async function index(
  { releases, position }: Unindexed,
  indexed: Indexed,
  { ledger, now }: Pick<CatalogParts, 'ledger' | 'now'>,
): Promise<void> {
  const states: Indexed = new Map()
  const pause = pauseEvery(payloadsAtOnce)
  for (const { gemName } of releases)
    if (!states.has(gemName)) states.set(gemName, await stateOf(gemName, indexed, ledger.catalog, pause))
  const changed = [...states].filter(([gemName, state]) => indexed.get(gemName) !== state)
  const entries = changed.map(([gemName]) => entryOf(gemName, ledger.catalog))
  const lines = releases.flatMap((release) =>
    versionsLine(release, states.get(release.gemName)?.infoChecksum ?? ''),
  )
  ledger.lightly(() => {
    ledger.catalog.index(
      entries.filter((entry) => entry !== undefined),
      position,
    )
    ledger.indexLines.append(lines, versionsHead(now()))
  })
  remember(changed, indexed)
}

async function stateOf(gemName: string, indexed: Indexed, catalog: Catalog, pause: Pause): Promise<GemState> {
  const position = catalog.lastPosition(gemName)
  const before = indexed.get(gemName)
  if (before?.position === position) return before
  const info = (await infoOf(gemName, catalog, pause)) ?? ''
  return { position, infoChecksum: createHash('md5').update(info).digest('hex') }
}

/** Of all gems those that were read last. */
function remember(changed: [string, GemState][], indexed: Indexed): void {
  for (const [gemName, state] of changed) {
    indexed.delete(gemName)
    indexed.set(gemName, state)
  }
  for (const oldest of indexed.keys()) {
    if (indexed.size <= mostRemembered) return
    indexed.delete(oldest)
  }
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
