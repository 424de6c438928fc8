import type { Arrival } from '../ledger/arrivals.js'
import type { Ledger } from '../ledger/ledger.js'
import type { Rubygems } from '../rubygems/client.js'
import type { UpstreamResult } from '../rubygems/result.js'
import type { UpstreamRelease } from '../rubygems/schemas.js'
import type { TimeRange } from '../rubygems/timeframe.js'
import { arrivalOf, type FoundEvent, identityOf, type Keep, recordWith } from './arrivals.js'
import { createLooks, type Looks } from './looks.js'
import { mayOverrule } from './second-look.js'

/** What catching up needs. Times in ms since the epoch. */
export interface CatchUpParts {
  ledger: Pick<Ledger, 'arrivals' | 'catalog' | 'together'>
  rubygems: Pick<Rubygems, 'timeframe' | 'release' | 'versionDownloads'>
  wants(gemName: string): boolean
  /** Releases created before this that the ledger does not know are history. */
  since(gemName: string): number
  /** Those of the pass that this is a part of; its own unless told. */
  looks?: Looks
  keep: Keep
  now(): number
}

/** What a page of the timeframe came to. */
export interface CaughtUpPage {
  window: TimeRange
  /** All that was created up to the window's end has been seen, and nothing was left for later. */
  complete: boolean
  /** When the last release on the page was created; the window's end when there are no more. */
  until: number
  events: FoundEvent[]
  /** When the newest live release on the page was created, wanted or not; null when there is none. */
  publishedAt: number | null
  /** The gem of each row that could not be read and was passed over; null where not even that could be. */
  unreadable: (string | null)[]
}

/**
 * Reads what the upstream created within a range and keeps what the ledger lacks and hooks want, page by page, in order of
 * creation (issue 3 §3, protocol/rubygems-api.md §8.2). What the ledger has already is kept again, so that it knows both
 * sources. A release that cannot be looked at is left for the next time: no window is complete from then on. A failure is
 * the last thing it yields; what came before is kept.
 */
export async function* catchUp(
  range: TimeRange,
  parts: CatchUpParts,
): AsyncGenerator<UpstreamResult<CaughtUpPage>, void, undefined> {
  const looks = parts.looks ?? createLooks(parts.rubygems)
  for await (const read of parts.rubygems.timeframe(range)) {
    if (!read.ok) {
      yield read
      return
    }
    const { window, releases, unreadable } = read.value
    const rows = releases.filter(({ name }) => parts.wants(name))
    const changed = await lookAgainAt(rows, looks, parts)
    const events = parts.ledger.together(() =>
      recordWith(
        parts.keep,
        rows.flatMap((row) => arrivalFrom(row, changed, parts)),
      ),
    )
    const complete = read.value.complete && looks.problem() === null
    const until = read.value.complete ? window.to : (releases.at(-1)?.createdAt ?? window.from)
    const publishedAt = newest(releases, parts.now())
    yield { ok: true, value: { window, complete, until, events, publishedAt, unreadable } }
    if (looks.areOver()) break
  }
  const problem = looks.problem()
  if (problem !== null) yield { ok: false, problem }
}

/** Which rows rightly say something else than the ledger. */
async function lookAgainAt(
  rows: readonly UpstreamRelease[],
  looks: Looks,
  { ledger, now }: CatchUpParts,
): Promise<Set<UpstreamRelease>> {
  const changed = new Set<UpstreamRelease>()
  for (const row of rows) {
    const identity = identityOf(row)
    if (!contradicts(row, ledger) || !mayOverrule(ledger, identity, now())) continue
    const looked = await looks.again(identity)
    if (!looked.ok || looked.value === 'unclear') continue
    if ((looked.value === 'gone') === row.yanked) changed.add(row)
  }
  return changed
}

function contradicts(row: UpstreamRelease, { arrivals }: CatchUpParts['ledger']): boolean {
  return arrivals.stateOf(identityOf(row)) === (row.yanked ? 'live' : 'yanked')
}

/** None or one. The ledger is asked once more: webhooks may have come since. */
function arrivalFrom(
  row: UpstreamRelease,
  changed: ReadonlySet<UpstreamRelease>,
  { ledger, since, now }: CatchUpParts,
): Arrival[] {
  if (ledger.arrivals.stateOf(identityOf(row)) === 'unknown') {
    // A yanked row may be a push that has not ended, or old news.
    if (row.yanked || (row.createdAt ?? now()) < since(row.name)) return []
  } else if (contradicts(row, ledger) && !changed.has(row)) return []
  return [arrivalOf(row, now())]
}

/** None of them can be newer than now. */
function newest(releases: readonly UpstreamRelease[], now: number): number | null {
  const times = releases.flatMap(({ yanked, createdAt }) => (yanked || createdAt === null ? [] : [createdAt]))
  return times.length === 0 ? null : Math.min(Math.max(...times), now)
}
