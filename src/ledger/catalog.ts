import { commitLightly, type Database } from './open.js'
import type { KnownRelease } from './releases.js'

/** A release with all that is known of it. */
export interface CatalogRelease {
  id: number
  gemName: string
  number: string
  platform: string
  yanked: boolean
  /** ms since the epoch */
  createdAt: number
  /** The upstream's own payload, else the bytes last received about it. */
  payload: Buffer
}

/** One of a gem's releases, without its payload. */
export type DatedRelease = KnownRelease & {
  /** ms since the epoch */
  createdAt: number
  /** Its place in the order in which releases came into their present states. */
  position: number
  /** When it came into that state, ms since the epoch. */
  changedAt: number
}

/** A gem as searches find it. */
export interface GemEntry {
  name: string
  /** When the first of its releases was created. */
  createdAt: number
  /** Its most recent version. */
  releaseId: number
  /** Whether any release is live. */
  live: boolean
  /** Whether any live release is no prerelease. */
  stable: boolean
  downloads: number
  /** Name and info in lower case. */
  words: string
}

/** Releases that something happened to since they were last written to the index. */
export interface Unindexed {
  releases: { gemName: string; number: string; platform: string; yanked: boolean }[]
  /** Of the last of them. */
  position: number
}

/** What the read routes are answered from. */
export interface Catalog {
  /** All releases of a gem, in order of first sight. */
  ofGem(gemName: string): DatedRelease[]
  /** The last position of a gem's releases; 0 when it has none. */
  lastPosition(gemName: string): number
  /** Throws when there is no such release. */
  release(id: number): CatalogRelease
  /** Releases created from `from` to `to`, both included, yanked ones too, in order of creation. */
  createdBetween(from: number, to: number, limit: number, offset: number): CatalogRelease[]
  /** The newest live releases of gems that have two or more of them since `since`; the newest first. */
  justUpdated(since: number, limit: number): CatalogRelease[]
  /** The most recent versions of the newest gems that have a stable release; the newest gem first. By the index. */
  ofNewestGems(limit: number): CatalogRelease[]
  /**
   * The most recent versions of the gems in which every term occurs, in name or info: first the gem that is called
   * `query`, then names that begin with it, that contain it, the rest; more downloads first. All in lower case. By the
   * index.
   */
  search(query: string, terms: readonly string[], limit: number, offset: number): CatalogRelease[]
  /** Names and downloads of gems with a live release, by name, from the one after `after` on. By the index. */
  liveGems(after: string, limit: number): { name: string; downloads: number }[]
  /** What the index lacks, the oldest changes first, at most `limit`; undefined when it lacks nothing. */
  unindexed(limit: number): Unindexed | undefined
  /** Writes gems to the index, which then has everything up to the position. */
  index(entries: readonly GemEntry[], position: number): void
  /** The position up to which the index has everything. */
  indexedUpTo(): number
}

const indexedKey = 'indexed position'
// Where few gems have two releases, looking further back would hold up everything else.
const newestLookedAt = 10_000

interface Changed {
  gemName: string
  number: string
  platform: string
  yanked: number
  position: number
}

type Row<Release> = Omit<Release, 'yanked'> & { yanked: number }

export function catalogIn(db: Database): Catalog {
  const { $client: client } = db
  const ofGem = client.prepare<[string], Row<DatedRelease>>(
    `SELECT id, number, platform, yanked, event_id AS eventId, created_at AS createdAt, position,
       changed_at AS changedAt FROM releases
     WHERE gem_name = ? ORDER BY id`,
  )
  const lastPosition = client
    .prepare<[string], number>('SELECT coalesce(max(position), 0) FROM releases WHERE gem_name = ?')
    .pluck()
  const release = client.prepare<[number], Row<CatalogRelease>>(
    `SELECT r.id, r.gem_name AS gemName, r.number, r.platform, r.yanked, r.created_at AS createdAt,
       coalesce(e.facts, e.payload) AS payload
     FROM releases AS r JOIN events AS e ON e.id = r.event_id WHERE r.id = ?`,
  )
  const createdBetween = client
    .prepare(
      'SELECT id FROM releases WHERE created_at BETWEEN ? AND ? ORDER BY created_at, id LIMIT ? OFFSET ?',
    )
    .pluck()
  const justUpdated = client
    .prepare(
      `SELECT id FROM releases AS r WHERE yanked = 0 AND 2 = (
         SELECT count(*) FROM (SELECT 1 FROM releases
           WHERE gem_name = r.gem_name AND yanked = 0 AND created_at > @since LIMIT 2))
       AND created_at >= coalesce(
         (SELECT created_at FROM releases ORDER BY created_at DESC LIMIT 1 OFFSET ${newestLookedAt}), 0)
       ORDER BY created_at DESC, id DESC LIMIT @limit`,
    )
    .pluck()
  const ofNewestGems = client
    .prepare('SELECT release_id FROM gems WHERE stable = 1 ORDER BY created_at DESC, id DESC LIMIT ?')
    .pluck()
  const liveGems = client.prepare<[string, number], { name: string; downloads: number }>(
    'SELECT name, downloads FROM gems WHERE live = 1 AND name > ? ORDER BY name LIMIT ?',
  )
  const indexedUpTo = client
    .prepare<[string], number>('SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?')
    .pluck()
  const changedAfter = client.prepare<[number, number], Changed>(
    `SELECT gem_name AS gemName, number, platform, yanked, position FROM releases
     WHERE position > ? ORDER BY position LIMIT ?`,
  )
  const putGem = client.prepare(
    `INSERT INTO gems (name, created_at, release_id, live, stable, downloads, words)
     VALUES (@name, @createdAt, @releaseId, @live, @stable, @downloads, @words)
     ON CONFLICT (name) DO UPDATE SET created_at = excluded.created_at, release_id = excluded.release_id,
       live = excluded.live, stable = excluded.stable, downloads = excluded.downloads, words = excluded.words`,
  )
  const setIndexed = client.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  )

  const withPayload = (id: number): CatalogRelease => {
    const row = release.get(id)
    if (row === undefined) throw new Error(`The ledger lacks release ${id}, or its event.`)
    return { ...row, yanked: row.yanked === 1 }
  }
  const upTo = () => indexedUpTo.get(indexedKey) ?? 0
  const withPayloads = (ids: unknown[]) => (ids as number[]).map(withPayload)

  return {
    ofGem: (gemName) => ofGem.all(gemName).map((row) => ({ ...row, yanked: row.yanked === 1 })),

    lastPosition: (gemName) => lastPosition.get(gemName) ?? 0,

    release: withPayload,

    createdBetween: (from, to, limit, offset) => withPayloads(createdBetween.all(from, to, limit, offset)),

    justUpdated: (since, limit) => withPayloads(justUpdated.all({ since, limit })),

    ofNewestGems: (limit) => withPayloads(ofNewestGems.all(limit)),

    search(query, terms, limit, offset) {
      const found = client
        .prepare(
          `SELECT release_id FROM gems WHERE live = 1${' AND instr(words, ?) > 0'.repeat(terms.length)}
           ORDER BY CASE instr(lower(name), ?) WHEN 0 THEN 3 WHEN 1 THEN length(name) > length(?) ELSE 2 END,
             downloads DESC, name LIMIT ? OFFSET ?`,
        )
        .pluck()
      return withPayloads(found.all(...terms, query, query, limit, offset))
    },

    liveGems: (after, limit) => liveGems.all(after, limit),

    unindexed(limit) {
      const changed = changedAfter.all(upTo(), limit)
      const position = changed.at(-1)?.position
      if (position === undefined) return undefined
      return {
        releases: changed.map(({ gemName, number, platform, yanked }) => ({
          gemName,
          number,
          platform,
          yanked: yanked === 1,
        })),
        position,
      }
    },

    index: (entries, position) =>
      commitLightly(db, () => {
        for (const entry of entries)
          putGem.run({ ...entry, live: Number(entry.live), stable: Number(entry.stable) })
        setIndexed.run(indexedKey, String(position))
      }),

    indexedUpTo: upTo,
  }
}
