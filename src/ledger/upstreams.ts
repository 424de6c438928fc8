import type { Database } from './open.js'

/** How far catching up has come with an upstream. Times in ms since the epoch. */
export interface Progress {
  /** When gemherald first looked: nothing older is caught up with by itself. */
  begunAt: number
  /** Everything that the upstream created up to this time has been seen. */
  completeUntil: number
  /** When that was found out last; null: never yet. */
  completedAt: number | null
  /** When the newest release that was seen there was created; null: none yet. */
  publishedAt: number | null
  /** Entity tag of the kept copy of its `/versions`. */
  versionsEtag: string | null
}

/** One of our own hooks at an upstream. */
export interface SeenHook {
  gemName: string
  url: string
  failureCount: number
}

/** The same, as the ledger remembers it. Times in ms since the epoch. */
export interface RememberedHook extends SeenHook {
  seenAt: number
  /** When the failure count was last seen to have risen; null: never. */
  risenAt: number | null
}

/** What is remembered of upstreams, each by its base URL. */
export interface Upstreams {
  progress(host: string): Progress | undefined
  /** Begins with an upstream, from `now` on, unless that was done before. */
  begin(host: string, now: number): Progress
  /** A window has been seen to its end. Never goes back. `publishedAt`: of the newest release in it, if there was one. */
  completed(host: string, window: { until: number; publishedAt: number | null }, now: number): void
  /** The copy of `/versions` is now the one with this tag. */
  keptVersions(host: string, etag: string | null): void
  /**
   * Our own hooks as the upstream lists them now. Answers those whose failures rose since they were last seen; what is no
   * longer listed is forgotten.
   */
  sawHooks(host: string, hooks: readonly SeenHook[], now: number): SeenHook[]
  /** Our own hooks as they were last listed. */
  hooks(host: string): RememberedHook[]
}

export function upstreamsIn({ $client: client }: Database): Upstreams {
  const progress = client.prepare<[string], Progress>(
    `SELECT begun_at AS begunAt, complete_until AS completeUntil, completed_at AS completedAt,
       published_at AS publishedAt, versions_etag AS versionsEtag FROM upstreams WHERE host = ?`,
  )
  const begin = client.prepare(
    'INSERT INTO upstreams (host, begun_at, complete_until) VALUES (@host, @now, @now) ON CONFLICT DO NOTHING',
  )
  const completed = client.prepare(
    `UPDATE upstreams SET complete_until = max(complete_until, @until), completed_at = @now,
       published_at = coalesce(max(published_at, @publishedAt), published_at, @publishedAt) WHERE host = @host`,
  )
  const keptVersions = client.prepare('UPDATE upstreams SET versions_etag = ? WHERE host = ?')
  const hooks = client.prepare<[string], RememberedHook>(
    `SELECT gem_name AS gemName, url, failure_count AS failureCount, seen_at AS seenAt, risen_at AS risenAt
     FROM upstream_hooks WHERE host = ? ORDER BY gem_name, url`,
  )
  const sawHook = client.prepare(
    `INSERT INTO upstream_hooks (host, gem_name, url, failure_count, seen_at)
     VALUES (@host, @gemName, @url, @failureCount, @now)
     ON CONFLICT (host, gem_name, url) DO UPDATE SET failure_count = @failureCount, seen_at = @now,
       risen_at = CASE WHEN @failureCount > failure_count THEN @now ELSE risen_at END`,
  )
  const forget = client.prepare('DELETE FROM upstream_hooks WHERE host = ? AND gem_name = ? AND url = ?')

  const sawHooks = client.transaction((host: string, seen: readonly SeenHook[], now: number) => {
    const key = ({ gemName, url }: SeenHook) => `${gemName} ${url}`
    const listed = new Set(seen.map(key))
    const before = new Map(hooks.all(host).map((hook) => [key(hook), hook]))
    for (const hook of seen) sawHook.run({ host, ...hook, now })
    for (const [name, { gemName, url }] of before) if (!listed.has(name)) forget.run(host, gemName, url)
    return seen.filter(
      (hook) => hook.failureCount > (before.get(key(hook))?.failureCount ?? hook.failureCount),
    )
  })

  return {
    progress: (host) => progress.get(host),
    begin(host, now) {
      begin.run({ host, now })
      const row = progress.get(host)
      if (row === undefined) throw new Error(`The ledger kept no progress for ${host}.`)
      return row
    },
    completed(host, { until, publishedAt }, now) {
      completed.run({ host, until, publishedAt, now })
    },
    keptVersions(host, etag) {
      keptVersions.run(etag, host)
    },
    sawHooks: (host, seen, now) => sawHooks.immediate(host, seen, now),
    hooks: (host) => hooks.all(host),
  }
}
