import { setImmediate as nextTurn } from 'node:timers/promises'
import type { KnownState } from '../event.js'
import type { Arrival, ReleaseIdentity } from '../ledger/arrivals.js'
import type { Wanted } from '../ledger/hooks.js'
import type { Ledger } from '../ledger/ledger.js'
import { readAccepted } from '../payload.js'
import type { VersionsUpdate } from '../rubygems/compact-index.js'
import type { UpstreamProblem, UpstreamResult } from '../rubygems/result.js'
import { arrivalOf, type FoundEvent, type Keep, recordWith } from './arrivals.js'
import { differences, lastWords, newWords, type Word } from './index-words.js'
import type { Looks } from './looks.js'
import type { Mention } from './mentions.js'
import { knownAs, mayOverrule } from './second-look.js'
import type { UpstreamReads } from './stoppable.js'
import type { VersionsFile } from './versions-file.js'
import { wantsOf } from './wants.js'

/** What reading the compact index needs. */
export interface IndexParts {
  ledger: Pick<Ledger, 'arrivals' | 'catalog' | 'upstreams' | 'together'>
  rubygems: Pick<UpstreamReads, 'versionsIndex'>
  looks: Looks
  /** Base URL of the upstream. */
  host: string
  file: VersionsFile
  wanted: Wanted
  /** What the read before left for this one. */
  later: readonly Word[]
  keep: Keep
  /** ms since the epoch */
  now(): number
}

/** What it came to. */
export interface IndexRead {
  events: FoundEvent[]
  /** Why there was nothing to read. Releases that could not be looked at are the looks' problem. */
  problem: UpstreamProblem | null
  /** What is left for the next read, to which the upstream will not bring it up again. */
  later: readonly Word[]
}

/**
 * Reads what is new in the upstream's `/versions`, the whole file where there is no earlier copy to go on from, and keeps
 * wanted yanks and restores that the ledger lacks, and releases that the upstream itself heard of late
 * (protocol/rubygems-api.md §6). The index may be old or rebuilt, so each is looked up by itself first. The copy is
 * brought up to date only when nothing that it would hide is left to be done. Throws what the system says of the file.
 */
export async function readIndex(parts: IndexParts): Promise<IndexRead> {
  const { ledger, host, file, wanted } = parts
  const bytes = await file.read()
  const etag = ledger.upstreams.progress(host)?.versionsEtag ?? null
  const read = await parts.rubygems.versionsIndex(bytes === null ? null : { bytes, etag })
  if (!read.ok) return { events: [], problem: read.problem, later: parts.later }
  const update = read.value
  const isWhole = update.change === 'replaced'
  const said = await (isWhole ? differences(update, ledger.catalog, wanted) : newWords(update, wanted))
  // The whole file speaks of all that was left.
  const words = isWhole ? said : lastWords([...stillWanted(parts), ...said])
  const { events, tooEarly, failed } = await settle(words, parts)
  const isNew = new Set(said)
  // Just for what is too early the whole file is not read again, only its end: the rest is remembered.
  const hidden = isWhole ? failed : [...failed, ...tooEarly].filter((word) => isNew.has(word))
  if (hidden.length === 0) await keepCopy(update, parts)
  const later = isWhole ? tooEarly : [...failed, ...tooEarly].filter((word) => !isNew.has(word))
  return { events, problem: null, later }
}

function stillWanted({ later, wanted }: IndexParts): Word[] {
  const wants = wantsOf(wanted)
  return later.filter(({ gemName }) => wants(gemName))
}

/** Only then the tag: with the tag of a newer file the upstream would say that nothing is new. */
async function keepCopy({ change, copy, newFrom }: VersionsUpdate, { file, ledger, host }: IndexParts) {
  if (change === 'replaced') await file.replace(copy.bytes)
  if (change === 'appended') await file.append(copy.bytes.subarray(newFrom))
  if (change !== 'unchanged') ledger.upstreams.keptVersions(host, copy.etag)
}

interface Settled {
  events: FoundEvent[]
  /** What was left for later, since the ledger heard of it just now. */
  tooEarly: Word[]
  /** What could not be looked at. */
  failed: Word[]
}

// A few ms at a time: the server goes on meanwhile.
const atOnce = 50

async function settle(words: readonly Word[], parts: IndexParts): Promise<Settled> {
  const events: FoundEvent[] = []
  const tooEarly: Word[] = []
  const failed: Word[] = []
  const late: Arrival[] = []
  for (let start = 0; start < words.length; start += atOnce) {
    const some = words.slice(start, start + atOnce)
    noteAgreement(some, parts)
    for (const word of some) {
      const known = parts.ledger.arrivals.stateOf(word)
      const looked = await lookInto(word, known, parts)
      if (!looked.ok) failed.push(word)
      else if (looked.value === 'too early') tooEarly.push(word)
      else if (looked.value === 'nothing') continue
      else if (known === 'unknown') late.push(looked.value)
      else events.push(...recordStill(known, [looked.value], parts))
    }
    await nextTurn()
  }
  events.push(...(await recordLate(late, parts)))
  return { events, tooEarly, failed }
}

/** So that events know both of their sources. Nothing of the payloads is kept. */
function noteAgreement(mentions: readonly Mention[], { ledger, keep, now }: IndexParts): void {
  ledger.together(() => {
    const agreeing = mentions.filter((mention) => agrees(mention, ledger.arrivals.stateOf(mention)))
    recordWith(
      keep,
      agreeing.map((mention) => bareArrival(mention, now())),
    )
  })
}

function agrees({ live }: Mention, known: KnownState): boolean {
  return known === (live ? 'live' : 'yanked')
}

/** What is to be kept because of the file's word, if anything. */
async function lookInto(
  word: Word,
  known: KnownState,
  parts: IndexParts,
): Promise<UpstreamResult<Arrival | 'nothing' | 'too early'>> {
  const { ledger, looks, now } = parts
  const isNews = !agrees(word, known) && (known !== 'unknown' || word.live)
  if (!isNews) return { ok: true, value: 'nothing' }
  if (known !== 'unknown' && !mayOverrule(ledger, word, now(), word.settlesMs))
    return { ok: true, value: 'too early' }
  const looked = await looks.again(word)
  if (!looked.ok) return looked
  const { value } = looked
  if (value === 'unclear' || (value === 'gone') === word.live) return { ok: true, value: 'nothing' }
  if (value !== 'gone') return { ok: true, value: arrivalOf(value, now()) }
  const wasThere = word.isListed ? { ok: true as const, value: true } : await looks.hasBeenThere(word)
  if (!wasThere.ok) return wasThere
  return { ok: true, value: wasThere.value ? yankOf(word, ledger, now()) : 'nothing' }
}

/** A yank tells what is known of the release; the upstream shows nothing of it any more. */
function yankOf(mention: Mention, { catalog }: IndexParts['ledger'], now: number): Arrival {
  const known = knownAs(catalog, mention)
  if (known === undefined) throw new Error('The ledger lacks a release that it had a moment ago.')
  const { payload, createdAt } = catalog.release(known.id)
  return arrivalOf({ ...readAccepted(payload), ...payloadIdentity(mention), yanked: true, createdAt }, now)
}

function bareArrival(mention: Mention, now: number): Arrival {
  const identity = payloadIdentity(mention)
  return arrivalOf({ ...identity, yanked: !mention.live, facts: { ...identity }, createdAt: null }, now)
}

function payloadIdentity({ gemName, number, platform }: ReleaseIdentity) {
  return { name: gemName, version: number, platform }
}

/** In order of creation. */
async function recordLate(late: readonly Arrival[], parts: IndexParts): Promise<FoundEvent[]> {
  const inOrder = [...late].sort((a, b) => a.createdAt - b.createdAt)
  const events: FoundEvent[] = []
  for (let start = 0; start < inOrder.length; start += atOnce) {
    events.push(...recordStill('unknown', inOrder.slice(start, start + atOnce), parts))
    await nextTurn()
  }
  return events
}

/** Keeps arrivals of releases that are still in the state in which they were looked into: webhooks may have come since. */
function recordStill(
  known: KnownState,
  arrivals: readonly Arrival[],
  { ledger, keep }: IndexParts,
): FoundEvent[] {
  return ledger.together(() =>
    recordWith(
      keep,
      arrivals.filter((arrival) => ledger.arrivals.stateOf(arrival) === known),
    ),
  )
}
