import type { Database } from './open.js'

/** What an event makes of its release. */
export interface Settlement {
  eventId: number
  gemName: string
  number: string
  platform: string
  yanked: boolean
  /** When the release was created, ms since the epoch; kept the first time the release is seen. */
  createdAt: number
}

/**
 * Brings a release into the state that an event says, unless a later event did; part of the commit that it is called in.
 * `now` in ms since the epoch.
 */
export function settler({ $client: client }: Database): (settlement: Settlement, now: number) => void {
  const put = client.prepare(
    `INSERT INTO releases (gem_name, number, platform, yanked, event_id, first_seen_at, created_at, position, changed_at)
     VALUES (@gemName, @number, @platform, @yanked, @eventId, @now, @createdAt,
       (SELECT coalesce(max(position), 0) + 1 FROM releases), @now)
     ON CONFLICT (gem_name, number, platform) DO UPDATE SET yanked = excluded.yanked, event_id = excluded.event_id,
       position = excluded.position, changed_at = excluded.changed_at
     WHERE event_id < excluded.event_id`,
  )
  return (settlement, now) => {
    put.run({ ...settlement, yanked: Number(settlement.yanked), now })
  }
}
