import type { Statement } from 'better-sqlite3'
import { classify, type EventKind, type KnownState, type Source } from '../event.js'
import type { Database } from './open.js'
import { settler } from './settle.js'
import { type TallySheet, tallySheets } from './tallies.js'

/** A verified webhook, or a release that catching up found, ready to be kept. */
export interface Arrival {
  gemName: string
  number: string
  platform: string
  yanked: boolean
  /** Exactly the bytes received; of what catching up found, the bytes that a webhook would have brought. */
  payload: Buffer
  /** ms since the epoch */
  receivedAt: number
  /** When the release was created, ms since the epoch; kept the first time the release is seen. */
  createdAt: number
  /** Catching up has it from the upstream, so it counts as confirmed. */
  source: Source
  /** Whether the upstream is to be asked before anybody is told. */
  toCheck: boolean
}

/** What identifies a release. */
export interface ReleaseIdentity {
  gemName: string
  number: string
  platform: string
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
  /** What a further arrival about the release would be compared with: claims that are still to be checked count. */
  stateOf(release: ReleaseIdentity): KnownState
}

interface Known {
  yanked: number
  eventId: number
}

export function arrivalsIn(db: Database): Arrivals {
  const { $client: client } = db
  const settle = settler(db)
  const newSheet = tallySheets(db)
  const known = client.prepare<[string, string, string], Known>(
    'SELECT yanked, event_id AS eventId FROM releases WHERE gem_name = ? AND number = ? AND platform = ?',
  )
  const claimed = client.prepare<[string, string, string], Known>(
    'SELECT yanked, event_id AS eventId FROM claims WHERE gem_name = ? AND number = ? AND platform = ?',
  )
  const wanted = client.prepare(`SELECT EXISTS (SELECT 1 FROM hooks WHERE gem_name IN (?, '*'))`).pluck()
  const addEvent = client.prepare(
    `INSERT INTO events (kind, gem_name, number, platform, payload, received_at, fanned_out_at, webhook_at, catch_up_at,
       check_at, confirmation)
     VALUES (@kind, @gemName, @number, @platform, @payload, @receivedAt, @fannedOutAt, @webhookAt, @catchUpAt,
       @checkAt, @confirmation)`,
  )
  const putClaim = client.prepare(
    `INSERT INTO claims (gem_name, number, platform, yanked, event_id, created_at)
     VALUES (@gemName, @number, @platform, @yanked, @eventId, @createdAt)
     ON CONFLICT (gem_name, number, platform) DO UPDATE SET yanked = excluded.yanked, event_id = excluded.event_id`,
  )
  const alsoBy: Record<Source, Statement<[{ at: number; eventId: number }]>> = {
    webhook: client.prepare('UPDATE events SET webhook_at = @at WHERE id = @eventId AND webhook_at IS NULL'),
    // What the upstream lists, it will confirm: a claim that waits for its next check need not wait longer.
    'catch-up': client.prepare(
      `UPDATE events SET catch_up_at = @at, check_at = min(check_at, @at)
       WHERE id = @eventId AND catch_up_at IS NULL`,
    ),
  }

  const find = ({ gemName, number, platform }: ReleaseIdentity) =>
    claimed.get(gemName, number, platform) ?? known.get(gemName, number, platform)

  const recordOne = (arrival: Arrival, tallies: TallySheet): Receipt => {
    const release = find(arrival)
    const status = classify(stateOf(release), arrival.yanked)
    if (status === 'duplicate' && release !== undefined) {
      heardAgain(release.eventId, arrival, tallies)
      return { status, eventId: release.eventId }
    }
    // An event that no hook wants is done with at once: it costs neither the dispatcher nor the upstream anything.
    const isWanted = wanted.get(arrival.gemName) === 1
    const toCheck = arrival.toCheck && isWanted
    const eventId = Number(addEvent.run(rowOf(arrival, status, isWanted, toCheck)).lastInsertRowid)
    if (toCheck) putClaim.run({ ...arrival, yanked: Number(arrival.yanked), eventId })
    else settle({ ...arrival, eventId }, arrival.receivedAt)
    count(arrival, tallies)
    return { status, eventId }
  }

  const heardAgain = (eventId: number, { source, receivedAt }: Arrival, tallies: TallySheet) => {
    if (alsoBy[source].run({ at: receivedAt, eventId }).changes === 0) return
    tallies.add(source === 'webhook' ? 'catchUp' : 'webhook', -1)
    tallies.add('both', 1)
    if (source === 'webhook') tallies.webhookCame(receivedAt)
  }

  const recordAll = client.transaction((arrivals: readonly Arrival[]) => {
    const tallies = newSheet()
    const receipts = arrivals.map((arrival) => recordOne(arrival, tallies))
    tallies.write()
    return receipts
  })
  return {
    record: (arrivals) => recordAll.immediate(arrivals),
    stateOf: (release) => stateOf(find(release)),
  }
}

function count({ source, receivedAt }: Arrival, tallies: TallySheet): void {
  tallies.add(source === 'webhook' ? 'webhook' : 'catchUp', 1)
  if (source === 'webhook') tallies.webhookCame(receivedAt)
  else tallies.add('confirmed', 1)
}

function stateOf(release: Known | undefined): KnownState {
  if (release === undefined) return 'unknown'
  return release.yanked === 1 ? 'yanked' : 'live'
}

function rowOf(arrival: Arrival, kind: EventKind | 'duplicate', isWanted: boolean, toCheck: boolean) {
  const { receivedAt, source } = arrival
  return {
    ...arrival,
    kind,
    fannedOutAt: isWanted ? null : receivedAt,
    webhookAt: source === 'webhook' ? receivedAt : null,
    catchUpAt: source === 'catch-up' ? receivedAt : null,
    checkAt: toCheck ? receivedAt : null,
    confirmation: source === 'catch-up' ? 'confirmed' : null,
  }
}
