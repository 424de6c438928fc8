import { and, eq, isNotNull } from 'drizzle-orm'
import type { Channel } from '../endpoint.js'
import { containing } from './containing.js'
import { disableEndpoint, enabledAgain } from './endpoint-switch.js'
import type { Database } from './open.js'
import { endpoints } from './schema.js'

/** An endpoint with its health and the hooks that lead to it. Times are ms since the epoch. */
export interface EndpointRow {
  id: number
  channel: Channel
  url: string
  createdAt: number
  /** When it was created, or last enabled again. */
  enabledAt: number
  disabledAt: number | null
  disabledReason: string | null
  failuresSinceLastSuccess: number
  lastSuccessAt: number | null
  lastFailureAt: number | null
  /** In order of registration. */
  hooks: { gemName: string; url: string; failureCount: number; createdAt: number }[]
}

/** What endpoints are to have; what is left out does not matter. */
export interface EndpointFilter {
  /** A hook on that gem, or on `*` when it is `*`. */
  gem?: string | undefined
  /** In the URL or in a gem's name, in any case. */
  search?: string | undefined
}

/** An account's endpoints. */
export interface Endpoints {
  /** Those that a hook leads to, oldest first; `after`: id of the last one of the page before. */
  list(
    accountId: number,
    filter: EndpointFilter,
    page: { after: number | null; limit: number },
  ): EndpointRow[]
  /** Also one without hooks. */
  find(accountId: number, id: number): EndpointRow | undefined
  /** As registering does: its failures are forgotten. False: not the account's, or enabled already. */
  enable(accountId: number, id: number, now: number): boolean
  /** Cancels what is pending, too. False: not the account's, or disabled already. */
  disable(accountId: number, id: number, reason: string, now: number): boolean
}

type Bare = Omit<EndpointRow, 'hooks'>
type HookOfEndpoint = EndpointRow['hooks'][number]

interface Range {
  accountId: number
  after: number
  limit: number
  gem: string | null
  search: string | null
}

const columns = `p.id, p.channel, p.url, p.created_at AS createdAt, p.enabled_at AS enabledAt,
  p.disabled_at AS disabledAt, p.disabled_reason AS disabledReason,
  p.failures_since_last_success AS failuresSinceLastSuccess,
  p.last_success_at AS lastSuccessAt, p.last_failure_at AS lastFailureAt`

const hooked = 'EXISTS (SELECT 1 FROM hooks WHERE endpoint_id = p.id)'
const wanted = `${hooked}
  AND (@gem IS NULL OR EXISTS (SELECT 1 FROM hooks WHERE gem_name = @gem AND endpoint_id = p.id))`
// Each name once, though a hundred thousand hooks may share one: with the limit, SQLite does not search before it makes them unique.
const foundNames = `SELECT gem_name FROM (SELECT DISTINCT gem_name FROM hooks INDEXED BY hooks_wanting LIMIT -1)
  WHERE gem_name LIKE @search ESCAPE '\\'`
/** How many endpoints are searched before all are: a page that these fill needs no more. */
const nearby = 500

export function endpointsIn(db: Database): Endpoints {
  const { $client: client } = db
  const prepare = (from: string, condition: string, order = 'p.id') =>
    client.prepare<[Range], Bare>(
      `SELECT ${columns} FROM ${from} WHERE p.account_id = @accountId AND ${condition} ORDER BY ${order} LIMIT @limit`,
    )
  // Walked by id, so that a page costs no more than itself where an account has many.
  const all = prepare('endpoints p NOT INDEXED', `p.id > @after AND ${hooked}`)
  const ofGem = prepare(
    'hooks CROSS JOIN endpoints p ON p.id = endpoint_id',
    'gem_name = @gem AND endpoint_id > @after GROUP BY endpoint_id',
    'endpoint_id',
  )
  const foundNearby = prepare(
    `(SELECT * FROM endpoints NOT INDEXED WHERE id > @after AND account_id = @accountId
        ORDER BY id LIMIT ${nearby}) p`,
    `(p.url LIKE @search ESCAPE '\\' OR EXISTS (
        SELECT 1 FROM hooks WHERE endpoint_id = p.id AND gem_name LIKE @search ESCAPE '\\')) AND ${wanted}`,
  )
  const found = prepare(
    'endpoints p',
    `p.id IN (
        SELECT id FROM endpoints INDEXED BY endpoints_identity
        WHERE account_id = @accountId AND id > @after AND url LIKE @search ESCAPE '\\'
        UNION ALL
        SELECT endpoint_id FROM hooks INDEXED BY hooks_wanting
        WHERE endpoint_id > @after AND gem_name IN (${foundNames})) AND ${wanted}`,
  )
  const byId = client.prepare<[number, number], Bare>(
    `SELECT ${columns} FROM endpoints p WHERE p.id = ? AND p.account_id = ?`,
  )
  const hooksOf = client.prepare<[number], HookOfEndpoint>(
    `SELECT gem_name AS gemName, url, failure_count AS failureCount, created_at AS createdAt FROM hooks
     WHERE endpoint_id = ? ORDER BY id`,
  )
  const withHooks = (row: Bare): EndpointRow => ({ ...row, hooks: hooksOf.all(row.id) })

  const rowsOf = (range: Range): Bare[] => {
    if (range.search === null) return (range.gem === null ? all : ofGem).all(range)
    const near = foundNearby.all(range)
    return near.length === range.limit ? near : found.all(range)
  }

  return {
    list(accountId, { gem, search }, { after, limit }) {
      const text = search === undefined || search === '' ? null : containing(search)
      return rowsOf({ accountId, after: after ?? 0, limit, gem: gem ?? null, search: text }).map(withHooks)
    },

    find(accountId, id) {
      const row = byId.get(id, accountId)
      return row === undefined ? undefined : withHooks(row)
    },

    enable: (accountId, id, now) =>
      db
        .update(endpoints)
        .set(enabledAgain(now))
        .where(and(eq(endpoints.id, id), eq(endpoints.accountId, accountId), isNotNull(endpoints.disabledAt)))
        .run().changes > 0,

    disable: (accountId, id, reason, now) =>
      client
        .transaction(() => {
          const row = byId.get(id, accountId)
          if (row === undefined || row.disabledAt !== null) return false
          disableEndpoint(db, id, reason, now)
          return true
        })
        .immediate(),
  }
}
