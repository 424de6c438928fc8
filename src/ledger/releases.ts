import { eq, sql } from 'drizzle-orm'
import type { Database } from './open.js'
import { events, releases } from './schema.js'

/** A release as the ledger knows it. */
export interface KnownRelease {
  id: number
  number: string
  platform: string
  yanked: boolean
  eventId: number
}

export interface Releases {
  /** Whether the ledger has any release of the gem, live or yanked. */
  knowsGem(gemName: string): boolean
  /** Names of all gems with a release, live or yanked, in order; read in slices, so others may write meanwhile. */
  gemNames(): Iterable<string>
  /** All releases of a gem, in order of first sight. */
  ofGem(gemName: string): KnownRelease[]
  /** Numbers of the gem's live releases, each platform apart, so a number can repeat. */
  liveNumbers(gemName: string): string[]
  /** What is known of a release, by its event: the upstream's own payload, else the bytes received. */
  payload(eventId: number): Buffer | undefined
}

const namesAtOnce = 2000

export function releasesIn(db: Database): Releases {
  const anyOf = db
    .select({ id: releases.id })
    .from(releases)
    .where(eq(releases.gemName, sql.placeholder('gemName')))
    .limit(1)
    .prepare()
  const namesAfter = db.$client
    .prepare<[string], string>(
      `SELECT DISTINCT gem_name FROM releases WHERE gem_name > ? ORDER BY gem_name LIMIT ${namesAtOnce}`,
    )
    .pluck()
  // Read for every event, and a gem may have thousands: bound without a detour.
  const liveNumbersOf = db.$client
    .prepare<[string], string>('SELECT DISTINCT number FROM releases WHERE gem_name = ? AND NOT yanked')
    .pluck()
  function* gemNames() {
    let last: string | undefined = ''
    while (last !== undefined) {
      const names: string[] = namesAfter.all(last)
      yield* names
      last = names.at(-1)
    }
  }

  return {
    gemNames,

    knowsGem: (gemName) => anyOf.get({ gemName }) !== undefined,

    ofGem: (gemName) =>
      db
        .select({
          id: releases.id,
          number: releases.number,
          platform: releases.platform,
          yanked: releases.yanked,
          eventId: releases.eventId,
        })
        .from(releases)
        .where(eq(releases.gemName, gemName))
        .orderBy(releases.id)
        .all(),

    liveNumbers: (gemName) => liveNumbersOf.all(gemName),

    payload: (eventId) =>
      db
        .select({ payload: sql<Buffer>`coalesce(${events.facts}, ${events.payload})` })
        .from(events)
        .where(eq(events.id, eventId))
        .get()?.payload,
  }
}
