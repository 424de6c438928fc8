import type { Channel } from '../endpoint.js'
import { containing } from './containing.js'
import type { Database } from './open.js'

/** A hook, with how its endpoint fares. Times are ms since the epoch. */
export interface HookOfGem {
  url: string
  failureCount: number
  endpoint: {
    id: number
    channel: Channel
    url: string
    disabledAt: number | null
    failuresSinceLastSuccess: number
    lastSuccessAt: number | null
  }
}

/** A gem, or `*`, and the first of its hooks that match, by URL. */
export interface GemHooks {
  gemName: string
  hooks: HookOfGem[]
  /** Whether more of its hooks match than these. */
  more: boolean
}

/** What hooks are to have; what is left out does not matter. */
export interface HookFilter {
  gem?: string | undefined
  /** In the URL or in the gem's name, in any case. */
  search?: string | undefined
}

/** `after`: name of the last gem of the page before; at most `limit` gems, with `perGem` hooks each. */
export interface GemPage {
  after: string | null
  limit: number
  perGem: number
}

/** An account's hooks, for people to look at. */
export interface HookList {
  /** By gem's name: capitals first, and `*` before all. */
  byGem(accountId: number, filter: HookFilter, page: GemPage): GemHooks[]
}

interface Row {
  gemName: string
  url: string
  failureCount: number
  id: number
  channel: Channel
  endpointUrl: string
  disabledAt: number | null
  failuresSinceLastSuccess: number
  lastSuccessAt: number | null
}

interface Range {
  accountId: number
  gem: string
  search: string | null
}

// LIKE takes half the time of looking in the small letters of both.
const matches = `(@search IS NULL OR gem_name LIKE @search ESCAPE '\\' OR url LIKE @search ESCAPE '\\')`

export function hookListIn({ $client: client }: Database): HookList {
  // A gem's name at a time: what is passed over of its hooks, however many they are, is never read.
  const nextGem = client
    .prepare<[Range], string>(
      `SELECT gem_name FROM hooks INDEXED BY hooks_identity
       WHERE account_id = @accountId AND gem_name > @gem AND ${matches} ORDER BY gem_name, url LIMIT 1`,
    )
    .pluck()
  const ofGem = client.prepare<[Range & { limit: number }], Row>(
    `SELECT gem_name AS gemName, h.url, failure_count AS failureCount, p.id, p.channel, p.url AS endpointUrl,
       p.disabled_at AS disabledAt, p.failures_since_last_success AS failuresSinceLastSuccess,
       p.last_success_at AS lastSuccessAt
     FROM (SELECT * FROM hooks INDEXED BY hooks_identity
       WHERE account_id = @accountId AND gem_name = @gem AND ${matches} ORDER BY url LIMIT @limit) h
     JOIN endpoints p ON p.id = endpoint_id ORDER BY h.url`,
  )

  const hooksOf = (range: Range, perGem: number): GemHooks | undefined => {
    const rows = ofGem.all({ ...range, limit: perGem + 1 })
    if (rows.length === 0) return undefined
    return { gemName: range.gem, hooks: rows.slice(0, perGem).map(hookOf), more: rows.length > perGem }
  }

  return {
    byGem(accountId, { gem, search }, { after, limit, perGem }) {
      const text = search === undefined || search === '' ? null : containing(search)
      const found: GemHooks[] = []
      const add = (name: string) => {
        const one = hooksOf({ accountId, gem: name, search: text }, perGem)
        if (one !== undefined) found.push(one)
      }
      if (gem !== undefined) {
        if (after === null || gem > after) add(gem)
        return found
      }
      let name = nextGem.get({ accountId, gem: after ?? '', search: text })
      while (name !== undefined && found.length < limit) {
        add(name)
        name = nextGem.get({ accountId, gem: name, search: text })
      }
      return found
    },
  }
}

function hookOf({ url, failureCount, endpointUrl, gemName: _, ...endpoint }: Row): HookOfGem {
  return { url, failureCount, endpoint: { ...endpoint, url: endpointUrl } }
}
