import { and, eq, sql } from 'drizzle-orm'
import { classify, type EventKind, type KnownState } from '../event.js'
import type { Database } from './open.js'
import { events, releases } from './schema.js'

/** A verified webhook, ready to be kept. */
export interface Arrival {
  gemName: string
  number: string
  platform: string
  yanked: boolean
  /** Exactly the bytes received. */
  payload: Buffer
  /** ms since the epoch */
  receivedAt: number
  /** When the release was created, ms since the epoch; kept the first time the release is seen. */
  createdAt: number
}

/** What an arrival came to; `eventId` of a duplicate is the event that brought the release into its state. */
export interface Receipt {
  status: EventKind | 'duplicate'
  eventId: number
}

export interface Arrivals {
  /**
   * Keeps all arrivals in one commit, in order, and answers each (same index).
   * When it returns, they are on disk; when it throws, nothing of them is kept.
   */
  record(arrivals: readonly Arrival[]): Receipt[]
}

export function arrivalsIn(db: Database): Arrivals {
  const known = db
    .select({ yanked: releases.yanked, eventId: releases.eventId })
    .from(releases)
    .where(
      and(
        eq(releases.gemName, sql.placeholder('gemName')),
        eq(releases.number, sql.placeholder('number')),
        eq(releases.platform, sql.placeholder('platform')),
      ),
    )
    .prepare()
  const addEvent = db
    .insert(events)
    .values({
      kind: sql.placeholder('kind'),
      gemName: sql.placeholder('gemName'),
      number: sql.placeholder('number'),
      platform: sql.placeholder('platform'),
      payload: sql.placeholder('payload'),
      receivedAt: sql.placeholder('receivedAt'),
      // An event that no hook wants is done with at once, and costs the dispatcher nothing.
      fannedOutAt: sql`CASE WHEN EXISTS (SELECT 1 FROM hooks WHERE gem_name IN (${sql.placeholder('gemName')}, '*'))
        THEN NULL ELSE ${sql.placeholder('receivedAt')} END`,
    })
    .prepare()
  const setRelease = db
    .insert(releases)
    .values({
      gemName: sql.placeholder('gemName'),
      number: sql.placeholder('number'),
      platform: sql.placeholder('platform'),
      yanked: sql.placeholder('yanked'),
      eventId: sql.placeholder('eventId'),
      firstSeenAt: sql.placeholder('receivedAt'),
      createdAt: sql.placeholder('createdAt'),
    })
    .onConflictDoUpdate({
      target: [releases.gemName, releases.number, releases.platform],
      set: { yanked: sql`excluded.yanked`, eventId: sql`excluded.event_id` },
    })
    .prepare()

  const recordOne = (arrival: Arrival): Receipt => {
    const release = known.get({ ...arrival })
    const status = classify(stateOf(release), arrival.yanked)
    if (status === 'duplicate' && release !== undefined) return { status, eventId: release.eventId }
    const eventId = Number(addEvent.run({ ...arrival, kind: status }).lastInsertRowid)
    setRelease.run({ ...arrival, eventId })
    return { status, eventId }
  }
  const recordAll = db.$client.transaction((arrivals: readonly Arrival[]) => arrivals.map(recordOne))
  return { record: (arrivals) => recordAll.immediate(arrivals) }
}

function stateOf(release: { yanked: boolean } | undefined): KnownState {
  if (release === undefined) return 'unknown'
  return release.yanked ? 'yanked' : 'live'
}
