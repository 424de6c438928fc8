import type { EventFilter } from './events.js'
import type { Database } from './open.js'

/** Walks the ids of events that match, newest first, from `from` down; no further than it is asked. */
export type EventWalk = (accountId: number, filter: EventFilter, from: number) => Generator<number>

/** The newest event at or before `from` that has one of the wanted properties; null: there is none. */
type Seek = (from: number) => number | null

/** How many events are looked at by name before the names of all are: what is found among so few needs no more. */
const nearby = 200

/**
 * Each property that is asked for has its own way to the next event that has it. They are followed in turn until all meet:
 * that costs little however many events the other ones pass over.
 */
export function eventWalk({ $client: client }: Database): EventWalk {
  const newest = client.prepare<[number], number | null>('SELECT max(id) FROM events WHERE id <= ?').pluck()
  const pushed = client
    .prepare<[number], number>(
      `SELECT id FROM events WHERE kind = 'pushed' AND id <= ? ORDER BY id DESC LIMIT 1`,
    )
    .pluck()
  const rare = client
    .prepare<[string, number], number | null>(
      `SELECT max(id) FROM events INDEXED BY events_rare WHERE kind <> 'pushed' AND kind = ? AND id <= ?`,
    )
    .pluck()
  const inState = client
    .prepare<[number, string, number], number | null>(
      'SELECT max(event_id) FROM deliveries WHERE account_id = ? AND state = ? AND event_id <= ?',
    )
    .pluck()
  // By that index: SQLite would rather walk the events themselves, from the oldest on.
  const firstSince = client
    .prepare<[number], number | null>(
      'SELECT min(id) FROM events INDEXED BY events_received WHERE received_at >= ?',
    )
    .pluck()
  const received = client
    .prepare<[{ from: number; first: number; since: number }], number>(
      `SELECT id FROM events WHERE id BETWEEN @first AND @from AND received_at >= @since
       ORDER BY id DESC LIMIT 1`,
    )
    .pluck()
  const ofGem = client
    .prepare<[string], number>('SELECT id FROM events INDEXED BY events_release WHERE gem_name = ?')
    .pluck()
  // Not LIKE: it has wildcards, and a limit to its patterns.
  const namedNearby = client
    .prepare<[{ from: number; search: string }], number>(
      `SELECT id FROM (SELECT id, gem_name FROM events WHERE id <= @from ORDER BY id DESC LIMIT ${nearby})
       WHERE instr(lower(gem_name), @search) LIMIT 1`,
    )
    .pluck()
  // By an index that has the names: the events themselves are as large as their payloads.
  const named = client
    .prepare<[string], number>(
      'SELECT id FROM events INDEXED BY events_release WHERE instr(lower(gem_name), ?)',
    )
    .pluck()

  const bySearch = (text: string): Seek => {
    const search = text.toLowerCase()
    let all: Seek | undefined
    return (from) => {
      if (all === undefined) {
        const near = namedNearby.get({ from, search })
        if (near !== undefined) return near
        all = among(named.all(search))
      }
      return all(from)
    }
  }

  const bySince = (since: number): Seek => {
    const first = firstSince.get(since) ?? null
    return (from) => (first === null ? null : (received.get({ from, first, since }) ?? null))
  }

  const seeks = (accountId: number, { gem, search, kind, state, since }: EventFilter): Seek[] => {
    const all: Seek[] = []
    if (gem !== undefined) all.push(among(ofGem.all(gem)))
    if (state !== undefined) all.push((from) => inState.get(accountId, state, from) ?? null)
    if (kind === 'pushed') all.push((from) => pushed.get(from) ?? null)
    else if (kind !== undefined) all.push((from) => rare.get(kind, from) ?? null)
    if (since !== undefined) all.push(bySince(since))
    if (search !== undefined && search !== '') all.push(bySearch(search))
    return all.length > 0 ? all : [(from) => newest.get(from) ?? null]
  }

  return function* (accountId, filter, from) {
    const all = seeks(accountId, filter)
    for (let id = meeting(all, from); id !== null; id = meeting(all, id - 1)) yield id
  }
}

/** Where all seeks meet. */
function meeting(seeks: readonly Seek[], from: number): number | null {
  let id = from
  let agreed = 0
  while (agreed < seeks.length) {
    for (const seek of seeks) {
      const next = seek(id)
      if (next === null) return null
      agreed = next === id ? agreed + 1 : 1
      id = next
      if (agreed === seeks.length) break
    }
  }
  return id
}

/** For ids that are all at hand, in any order; to be asked for ever smaller ones. */
function among(ids: number[]): Seek {
  const descending = Float64Array.from(ids).sort().reverse()
  let at = 0
  return (from) => {
    while (at < descending.length && (descending[at] ?? 0) > from) at += 1
    return descending[at] ?? null
  }
}
