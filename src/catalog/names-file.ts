import { setImmediate } from 'node:timers/promises'
import type { Catalog } from '../ledger/catalog.js'
import { type IndexFile, smallFile } from './index-file.js'
import type { IndexedParts } from './parts.js'

/**
 * The compact index's `/names`: all gems with a live release, by name. Made anew only when something has happened, once for
 * all who ask. Throws when the ledger cannot be written, and when `gone` aborts.
 */
export function createNamesFile({
  ledger: { catalog },
  catchUp,
}: IndexedParts): (gone: AbortSignal) => Promise<IndexFile> {
  let kept: { position: number; file: Promise<IndexFile> } | undefined
  const make = async () => {
    try {
      return smallFile(Buffer.from(await allNames(catalog)))
    } catch (error) {
      kept = undefined
      throw error
    }
  }
  return async (gone) => {
    await catchUp(gone)
    const position = catalog.indexedUpTo()
    if (kept?.position !== position) kept = { position, file: make() }
    return kept.file
  }
}

async function allNames(catalog: Catalog): Promise<string> {
  const lines = ['---\n']
  for await (const gems of slicesOfGems(catalog)) for (const { name } of gems) lines.push(`${name}\n`)
  return lines.join('')
}

/** All gems with a live release, by name, in slices between which others get their turn. */
export async function* slicesOfGems(catalog: Catalog): AsyncGenerator<{ name: string; downloads: number }[]> {
  let last: string | undefined = ''
  while (last !== undefined) {
    const gems: { name: string; downloads: number }[] = catalog.liveGems(last, gemsAtOnce)
    yield gems
    last = gems.at(-1)?.name
    await setImmediate()
  }
}

const gemsAtOnce = 2000
