import type { Arrival } from '../ledger/arrivals.js'
import type { Ledger } from '../ledger/ledger.js'
import type { Rubygems } from '../rubygems/client.js'
import type { UpstreamFailure, UpstreamResult } from '../rubygems/result.js'
import type { UpstreamRelease } from '../rubygems/schemas.js'
import type { TimeRange } from '../rubygems/timeframe.js'
import { arrivalOf, type FoundEvent, identityOf, type Keep, recordWith } from './arrivals.js'
import { lookAgain, mayOverrule } from './second-look.js'

/** What catching up needs. Times in ms since the epoch. */
export interface CatchUpParts {
  ledger: Pick<Ledger, 'arrivals' | 'catalog' | 'together'>
  rubygems: Pick<Rubygems, 'timeframe' | 'release'>
  wants(gemName: string): boolean
  /** Releases created before this that the ledger does not know are history. */
  since: number
  keep: Keep
  now(): number
}

/** What a page of the timeframe came to. */
export interface CaughtUpPage {
  window: TimeRange
  /** All that was created up to the window's end has been seen. */
  complete: boolean
  /** When the last release on the page was created; the window's end when it is complete. */
  until: number
  events: FoundEvent[]
  /** When the newest live release on the page was created, wanted or not; null when there is none. */
  publishedAt: number | null
}

/**
 * Reads what the upstream created within a range and keeps what the ledger lacks and hooks want, page by page, in order of
 * creation (issue 3 §3, protocol/rubygems-api.md §8.2). What the ledger has already is kept again, so that it knows both
 * sources. The first failure is the last thing it yields; what came before is kept.
 */
export async function* catchUp(
  range: TimeRange,
  parts: CatchUpParts,
): AsyncGenerator<UpstreamResult<CaughtUpPage>, void, undefined> {
  for await (const read of parts.rubygems.timeframe(range)) {
    if (!read.ok) {
      yield read
      return
    }
    const { window, complete, releases } = read.value
    const rows = releases.filter(({ name }) => parts.wants(name))
    const { changed, failure } = await lookAgainAt(rows, parts)
    const events = parts.ledger.together(() =>
      recordWith(
        parts.keep,
        rows.flatMap((row) => arrivalFrom(row, changed, parts)),
      ),
    )
    const until = complete ? window.to : (releases.at(-1)?.createdAt ?? window.from)
    const publishedAt = newest(releases, parts.now())
    yield { ok: true, value: { window, complete, until, events, publishedAt } }
    if (failure !== null) {
      yield failure
      return
    }
  }
}

/** Which rows rightly say something else than the ledger. After a failure the rest of them is left for the next time. */
async function lookAgainAt(
  rows: readonly UpstreamRelease[],
  { ledger, rubygems, now }: CatchUpParts,
): Promise<{ changed: Set<UpstreamRelease>; failure: UpstreamFailure | null }> {
  const changed = new Set<UpstreamRelease>()
  for (const row of rows) {
    const identity = identityOf(row)
    if (!contradicts(row, ledger) || !mayOverrule(ledger, identity, now())) continue
    const looked = await lookAgain(rubygems, identity)
    if (!looked.ok) return { changed, failure: looked }
    if (looked.value === 'unclear') continue
    if ((looked.value === 'gone') === row.yanked) changed.add(row)
  }
  return { changed, failure: null }
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
    if (row.yanked || (row.createdAt ?? since) < since) return []
  } else if (contradicts(row, ledger) && !changed.has(row)) return []
  return [arrivalOf(row, now())]
}

/** None of them can be newer than now. */
function newest(releases: readonly UpstreamRelease[], now: number): number | null {
  const times = releases.flatMap(({ yanked, createdAt }) => (yanked || createdAt === null ? [] : [createdAt]))
  return times.length === 0 ? null : Math.min(Math.max(...times), now)
}
