import type { Catalog, DatedRelease } from '../ledger/catalog.js'
import { infoLine } from './index-entry.js'

/** See `pauseEvery`. */
export type Pause = () => Promise<void> | undefined

/**
 * `/info/NAME`: a gem's live releases in order of creation; undefined for a gem that the ledger does not know. What happens
 * to the gem while this is written may be in it or not.
 */
export async function infoOf(gemName: string, catalog: Catalog, pause: Pause): Promise<string | undefined> {
  const releases = catalog.ofGem(gemName)
  if (releases.length === 0) return undefined
  const lines = ['---\n']
  for (const { id } of releases.filter(({ yanked }) => !yanked).sort(oldestFirst)) {
    lines.push(infoLine(catalog.release(id)))
    await pause()
  }
  return lines.join('')
}

function oldestFirst(a: DatedRelease, b: DatedRelease): number {
  return a.createdAt - b.createdAt || a.id - b.id
}
