import type { GetJson } from './reads.js'
import { type CallOptions, failure, type UpstreamResult } from './result.js'
import { type ReleaseRows, releaseRows, type UpstreamRelease } from './schemas.js'

/** A stretch of time, both ends included, in ms since the epoch. */
export interface TimeRange {
  from: number
  to: number
}

/** One page of one window. */
export interface TimeframePage extends ReleaseRows {
  window: TimeRange
  /** From 1. */
  page: number
  /** In order of creation; yanked ones and those that never finished pushing are among them. */
  releases: UpstreamRelease[]
  /** Nothing more comes of this window: all that was created up to its end has been shown. */
  complete: boolean
}

const longestWindowMs = 7 * 24 * 60 * 60 * 1000
const lastPage = 1000

/**
 * Everything created within a range, page by page, over as many windows of at most 7 days as it takes
 * (protocol/rubygems-api.md §5.11). The first failure is the last thing it yields; a page with rows of which none can be
 * read is one. Windows share their borders, so a release may come twice: know it by name, number and platform.
 */
export async function* readTimeframe(
  get: GetJson,
  { from, to }: TimeRange,
  options?: CallOptions,
): AsyncGenerator<UpstreamResult<TimeframePage>, void, undefined> {
  if (!(from <= to)) {
    yield failure('invalid', `A timeframe from ${from} to ${to} ends before it starts.`)
    return
  }
  let start: number | null = from
  while (start !== null) {
    start = yield* readWindow(get, { from: start, to: Math.min(start + longestWindowMs, to) }, to, options)
  }
}

/** Returns where the next window starts; null when there is none, or when this one failed. */
async function* readWindow(
  get: GetJson,
  window: TimeRange,
  to: number,
  options: CallOptions | undefined,
): AsyncGenerator<UpstreamResult<TimeframePage>, number | null, undefined> {
  let shown: UpstreamRelease[] = []
  for (let page = 1; page <= lastPage; page++) {
    const read = await get(pathOf(window, page), releaseRows, options)
    if (!read.ok) {
      yield read
      return null
    }
    const { releases, unreadable } = read.value
    const complete = releases.length + unreadable.length === 0
    if (!complete && isSame(releases, shown)) {
      yield failure('unavailable', `${pathOf(window, page)} shows the same as the page before it.`)
      return null
    }
    yield { ok: true, value: { window, page, releases, unreadable, complete } }
    if (complete) return window.to < to ? window.to : null
    shown = releases
  }
  return yield* goOnFrom(shown.at(-1)?.createdAt ?? null, window)
}

/** Beyond its last page the upstream shows the first again, so what is left needs a window of its own. */
async function* goOnFrom(
  start: number | null,
  window: TimeRange,
): AsyncGenerator<UpstreamResult<never>, number | null, undefined> {
  if (start !== null && start > window.from && start <= window.to) return start
  const message = `More releases than can be paged through start at ${iso(window.from)}, and the last one shown has no later time.`
  yield failure('unavailable', message)
  return null
}

function pathOf({ from, to }: TimeRange, page: number): string {
  const query = new URLSearchParams({ from: iso(from), to: iso(to), page: String(page) })
  return `/api/v1/timeframe_versions.json?${query}`
}

function iso(time: number): string {
  return new Date(time).toISOString()
}

function isSame(releases: UpstreamRelease[], others: UpstreamRelease[]): boolean {
  const key = ({ name, version, platform }: UpstreamRelease) => `${name} ${version} ${platform}`
  return releases.length === others.length && releases.every((one, i) => key(one) === key(others[i] ?? one))
}
