import { and, eq, sql } from 'drizzle-orm'
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
  /** All releases of a gem, in order of first sight. */
  ofGem(gemName: string): KnownRelease[]
  /** Numbers of the gem's live releases, each platform apart, so a number can repeat. */
  liveNumbers(gemName: string): string[]
  /** What is known of a release, by its event: the upstream's own payload, else the bytes received. */
  payload(eventId: number): Buffer | undefined
}

export function releasesIn(db: Database): Releases {
  const anyOf = db
    .select({ id: releases.id })
    .from(releases)
    .where(eq(releases.gemName, sql.placeholder('gemName')))
    .limit(1)
    .prepare()
  return {
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

    liveNumbers: (gemName) =>
      db
        .selectDistinct({ number: releases.number })
        .from(releases)
        .where(and(eq(releases.gemName, gemName), eq(releases.yanked, false)))
        .all()
        .map((row) => row.number),

    payload: (eventId) =>
      db
        .select({ payload: sql<Buffer>`coalesce(${events.facts}, ${events.payload})` })
        .from(events)
        .where(eq(events.id, eventId))
        .get()?.payload,
  }
}
