import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Wanted } from '../ledger/hooks.js'
import type { Ledger } from '../ledger/ledger.js'
import type { VersionsUpdate } from '../rubygems/compact-index.js'
import { ledgerReleases } from './ledger-releases.js'
import { eachMention, type Mention } from './mentions.js'
import { settlesMs } from './second-look.js'
import { wantsOf } from './wants.js'

/** The file's last word on a release. What it does not list is not live. */
export interface Word extends Mention {
  isListed: boolean
  /** How old the ledger's state must be before the word may go before it, in ms. */
  settlesMs: number
}

// A yank that is listed in a file that caches keep for 60 s (protocol/rubygems-api.md §6) is no older news than that.
const listedYankSettlesMs = 65_000

/** What the end of the file says of each release that it mentions. */
export async function newWords({ copy, newFrom }: VersionsUpdate, wanted: Wanted): Promise<Word[]> {
  const last: Word[] = []
  await eachMention(copy.bytes, newFrom, wantsOf(wanted), (mention) => {
    last.push({ ...mention, isListed: true, settlesMs })
  })
  return lastWords(last)
}

/** The last word on each release. */
export function lastWords(words: readonly Word[]): Word[] {
  const last = new Map(words.map((word) => [`${word.gemName} ${word.number} ${word.platform}`, word]))
  return [...last.values()]
}

// A few ms at a time: the server goes on meanwhile.
const gemsAtOnce = 1_000

/**
 * What the whole file says of the ledger's releases, where it says something else. What the ledger does not know is history;
 * what the file does not list may have been yanked before it was last rebuilt.
 */
export async function differences(
  { copy }: VersionsUpdate,
  catalog: Ledger['catalog'],
  wanted: Wanted,
): Promise<Word[]> {
  const known = new Map<string, Map<string, { word: Word; isLive: boolean }>>()
  for await (const { gemName, number, platform, yanked } of ledgerReleases(catalog, wanted)) {
    const ofGem = known.get(gemName) ?? new Map()
    known.set(gemName, ofGem)
    const word = { gemName, number, platform, live: false, isListed: false, settlesMs }
    ofGem.set(`${number} ${platform}`, { word, isLive: !yanked })
  }
  const isKnown = (gemName: string) => known.has(gemName)
  await eachMention(copy.bytes, 0, isKnown, (mention) => {
    const found = known.get(mention.gemName)?.get(`${mention.number} ${mention.platform}`)
    if (found === undefined) return
    found.word = { ...mention, isListed: true, settlesMs: mention.live ? settlesMs : listedYankSettlesMs }
  })
  const different: Word[] = []
  let gems = 0
  for (const ofGem of known.values()) {
    for (const { word, isLive } of ofGem.values()) if (word.live !== isLive) different.push(word)
    gems += 1
    if (gems % gemsAtOnce === 0) await nextTurn()
  }
  return different
}
