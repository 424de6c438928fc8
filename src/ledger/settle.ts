import type { KnownState } from '../event.js'
import type { Database } from './open.js'

/** What identifies a release. */
export interface ReleaseIdentity {
  gemName: string
  number: string
  platform: string
}

/** What an event makes of its release. */
export interface Settlement extends ReleaseIdentity {
  eventId: number
  yanked: boolean
  /** When the release was created, ms since the epoch; kept the first time the release is seen. */
  createdAt: number
}

/** The states of releases: what is certain of them, as far as anything is. */
export interface Settler {
  /** The state of a release, what brought it about and when; undefined when it is unknown. */
  known(release: ReleaseIdentity): Known | undefined
  /** Brings a release into the state that an event says; part of the commit that it is called in. `now` in ms since the epoch. */
  settle(settlement: Settlement, now: number): void
}

export interface Known {
  state: Exclude<KnownState, 'unknown'>
  eventId: number
  /** When it came into that state, ms since the epoch. */
  changedAt: number
}

export function settler({ $client: client }: Database): Settler {
  const known = client.prepare<[string, string, string], { yanked: number } & Omit<Known, 'state'>>(
    `SELECT yanked, event_id AS eventId, changed_at AS changedAt FROM releases
     WHERE gem_name = ? AND number = ? AND platform = ?`,
  )
  const put = client.prepare(
    `INSERT INTO releases (gem_name, number, platform, yanked, event_id, first_seen_at, created_at, position, changed_at)
     VALUES (@gemName, @number, @platform, @yanked, @eventId, @now, @createdAt,
       (SELECT coalesce(max(position), 0) + 1 FROM releases), @now)
     ON CONFLICT (gem_name, number, platform) DO UPDATE SET yanked = excluded.yanked, event_id = excluded.event_id,
       position = excluded.position, changed_at = excluded.changed_at`,
  )
  return {
    known({ gemName, number, platform }) {
      const row = known.get(gemName, number, platform)
      if (row === undefined) return undefined
      const { yanked, ...rest } = row
      return { state: yanked === 1 ? 'yanked' : 'live', ...rest }
    },
    settle(settlement, now) {
      put.run({ ...settlement, yanked: Number(settlement.yanked), now })
    },
  }
}
