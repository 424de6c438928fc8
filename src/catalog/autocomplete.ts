import { nearNames } from '../near-names.js'
import { type Answer, found } from './answer.js'
import { slicesOfGems } from './names-file.js'
import type { Call, IndexedParts } from './parts.js'

/**
 * At most 30 names of gems with a live release, for one that is being typed: those that begin with it, then those that have
 * it inside, more downloads first; then near ones, the nearest first. Case makes no difference.
 */
export async function completeName(
  call: Call,
  { ledger: { catalog }, catchUp }: IndexedParts,
): Promise<Answer> {
  const query = call.parameters.get('query')?.trim() ?? ''
  if (query === '' || query.length > longestName) return found([], call, 'private')
  await catchUp(call.gone)
  let best: Match[] = []
  let near: string[] = []
  for await (const gems of slicesOfGems(catalog)) {
    call.gone.throwIfAborted()
    best = bestOf([...best, ...gems.flatMap((gem) => matchOf(gem, query.toLowerCase()))])
    const names = gems.map(({ name }) => name)
    near = nearNames(query, [...near, ...nearNames(query, names, mostNames)], mostNames)
  }
  const names = [...new Set([...best.map(({ name }) => name), ...near])]
  return found(names.slice(0, mostNames), call, 'private')
}

const mostNames = 30
const longestName = 255

interface Gem {
  name: string
  downloads: number
}

type Match = Gem & { begins: boolean }

function matchOf({ name, downloads }: Gem, query: string): Match[] {
  const at = name.toLowerCase().indexOf(query)
  return at === -1 ? [] : [{ name, downloads, begins: at === 0 }]
}

function bestOf(matches: Match[]): Match[] {
  return matches.sort(bestFirst).slice(0, mostNames)
}

function bestFirst(a: Match, b: Match): number {
  return Number(b.begins) - Number(a.begins) || b.downloads - a.downloads || (a.name < b.name ? -1 : 1)
}
