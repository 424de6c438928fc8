import type { Statement } from 'better-sqlite3'
import { classify, type EventKind, type KnownState, type Source } from '../event.js'
import { wireBody } from '../payload.js'
import type { Via } from '../via.js'
import { crowdsIn } from './crowd.js'
import { claimEnder } from './end-claim.js'
import type { Database } from './open.js'
import { type ReleaseIdentity, settler } from './settle.js'
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
  /** The gemheralds that it came through. */
  via?: Via
  /** Its release was created before anybody listened, so no webhook could tell of the push. */
  isHistory?: boolean
}

export type { ReleaseIdentity } from './settle.js'

/**
 * What an arrival came to; `eventId` of a duplicate is the event that told the same before. What catching up found of a
 * claim that waited is no duplicate: only now it is told. `crowded`: a claim that was not kept, since too many wait whose name
 * and number are the same text.
 */
export type Receipt = Kept | { status: 'crowded' }

/** An arrival that was kept, or told before. */
export interface Kept {
  status: EventKind | 'duplicate'
  eventId: number
}

export interface Arrivals {
  /**
   * Keeps all arrivals in one commit, in order, and answers each (same index).
   * When it returns, they are on disk; when it throws, nothing of them is kept.
   */
  record(arrivals: readonly Arrival[]): Receipt[]
  /** What is certain of a release: claims that are still to be checked do not count. */
  stateOf(release: ReleaseIdentity): KnownState
  /** Whether any event is still to be fanned out, or checked first. */
  anyToTell(): boolean
}

interface Waiting {
  eventId: number
  kind: EventKind
  yanked: number
  /** Whether it came with the very bytes that are compared. */
  isSame: number
  contradictedAt: number | null
}

/**
 * So many claims about one release may wait: each is a question to the upstream, and whoever has one header can make any
 * number. What says the same beyond is kept as one more, which is held and has nothing of their bodies.
 */
const mostBodies = 8

export function arrivalsIn(db: Database, installation: string): Arrivals {
  const { $client: client } = db
  const releases = settler(db)
  const ender = claimEnder(db)
  const newSheet = tallySheets(db)
  const crowds = crowdsIn(db)
  const claimed = client
    .prepare<[string, string, string], number>(
      'SELECT EXISTS (SELECT 1 FROM claims WHERE gem_name = ? AND number = ? AND platform = ?)',
    )
    .pluck()
  const waitingOn = client.prepare<[Buffer, string, string, string], Waiting>(
    `SELECT event_id AS eventId, kind, yanked, payload = ? AS isSame, contradicted_at AS contradictedAt
     FROM claims JOIN events ON events.id = event_id
     WHERE claims.gem_name = ? AND claims.number = ? AND claims.platform = ? ORDER BY event_id DESC`,
  )
  const wanted = client.prepare(`SELECT EXISTS (SELECT 1 FROM hooks WHERE gem_name IN (?, '*'))`).pluck()
  // The conditions of `events_to_fan_out` and `events_to_check`.
  const toTell = client
    .prepare(
      `SELECT EXISTS (SELECT 1 FROM events WHERE fanned_out_at IS NULL AND check_at IS NULL)
         OR EXISTS (SELECT 1 FROM events WHERE check_at IS NOT NULL)`,
    )
    .pluck()
  const addEvent = client.prepare(
    `INSERT INTO events (kind, gem_name, number, platform, payload, received_at, fanned_out_at, webhook_at, catch_up_at,
       check_at, contradicted_at, confirmation, via)
     VALUES (@kind, @gemName, @number, @platform, @payload, @receivedAt, @fannedOutAt, @webhookAt, @catchUpAt,
       @checkAt, @contradictedAt, @confirmation, @via)`,
  )
  const putClaim = client.prepare(
    `INSERT INTO claims (gem_name, number, platform, yanked, event_id, created_at, heard_at)
     VALUES (@gemName, @number, @platform, @yanked, @eventId, @createdAt, @receivedAt)`,
  )
  const hear = client.prepare<[number, number]>('UPDATE claims SET heard_at = ? WHERE event_id = ?')
  const alsoBy: Record<Source, Statement<[{ at: number; eventId: number }]>> = {
    webhook: client.prepare('UPDATE events SET webhook_at = @at WHERE id = @eventId AND webhook_at IS NULL'),
    'catch-up': client.prepare(
      'UPDATE events SET catch_up_at = @at WHERE id = @eventId AND catch_up_at IS NULL',
    ),
  }

  const recordOne = (arrival: Arrival, tallies: TallySheet): Receipt => {
    const { gemName, number, platform, payload } = arrival
    // Comparing bytes is dear, and seldom does any claim wait.
    const isClaimed = claimed.get(gemName, number, platform) === 1
    const waiting = isClaimed ? waitingOn.all(payload, gemName, number, platform) : []
    return arrival.source === 'webhook'
      ? recordWebhook(arrival, waiting, tallies)
      : recordFound(arrival, waiting, tallies)
  }

  const recordWebhook = (arrival: Arrival, waiting: readonly Waiting[], tallies: TallySheet): Receipt => {
    const { payload } = arrival
    const known = releases.known(arrival)
    // What went out from here and comes back is no news, even if it was overtaken by other news meanwhile.
    const told = known ?? waiting[0]
    if (told !== undefined && arrival.via?.includes(installation))
      return { status: 'duplicate', eventId: told.eventId }
    // What the upstream contradicts makes nothing new of what is certain: whoever replays both would have it asked forever.
    const newest = waiting.find(({ contradictedAt }) => contradictedAt === null)
    const heard = waiting.find((claim) => claim.isSame === 1 && (claim.yanked === 1) === arrival.yanked)
    if (heard !== undefined) return heardClaim(heard.eventId, arrival, tallies)
    const isCrowded = arrival.toCheck && waiting.length >= mostBodies
    if (isCrowded && !payload.equals(bareBody(arrival)))
      return recordOne({ ...arrival, payload: bareBody(arrival) }, tallies)
    const status = classify(
      newest === undefined ? (known?.state ?? 'unknown') : stateOf(newest),
      arrival.yanked,
    )
    if (status !== 'duplicate') return add(arrival, status, isCrowded, tallies)
    // The same news with another body: one of them may be false, so both are checked.
    if (newest !== undefined) return add(arrival, newest.kind, isCrowded, tallies)
    return heardAgain(known?.eventId ?? 0, arrival, tallies)
  }

  /** What was false when it was first told may be true by now: its minute begins anew. */
  const heardClaim = (eventId: number, arrival: Arrival, tallies: TallySheet): Receipt => {
    hear.run(arrival.receivedAt, eventId)
    return heardAgain(eventId, arrival, tallies)
  }

  /** What the upstream itself shows is certain: it ends the wait of a claim that says the same. */
  const recordFound = (arrival: Arrival, waiting: readonly Waiting[], tallies: TallySheet): Receipt => {
    const known = releases.known(arrival)
    const status = classify(known?.state ?? 'unknown', arrival.yanked)
    if (status === 'duplicate') return heardAgain(known?.eventId ?? 0, arrival, tallies)
    const claim = waiting.findLast(({ yanked }) => (yanked === 1) === arrival.yanked)
    if (claim === undefined) return add(arrival, status, false, tallies)
    const { payload: facts, createdAt, receivedAt } = arrival
    ender.settle(claim.eventId, { confirmation: 'confirmed', facts, createdAt }, receivedAt, tallies)
    heardAgain(claim.eventId, arrival, tallies)
    return { status, eventId: claim.eventId }
  }

  /** `isHeld`: it waits as if the upstream had contradicted it. */
  const add = (arrival: Arrival, kind: EventKind, isHeld: boolean, tallies: TallySheet): Receipt => {
    const { gemName, number, receivedAt } = arrival
    // An event that no hook wants is done with at once: it costs neither the dispatcher nor the upstream anything.
    const isWanted = wanted.get(gemName) === 1
    const crowd = arrival.toCheck && isWanted ? crowds.about(gemName + number) : undefined
    if (crowd?.isFull && releases.known(arrival) === undefined) return { status: 'crowded' }
    const eventId = Number(
      addEvent.run({
        ...rowOf(arrival, kind, isWanted),
        checkAt: crowd?.checkAt(receivedAt) ?? null,
        contradictedAt: crowd !== undefined && (isHeld || crowd.isLarge) ? receivedAt : null,
      }).lastInsertRowid,
    )
    if (crowd === undefined) releases.settle({ ...arrival, eventId }, receivedAt)
    else putClaim.run({ ...arrival, yanked: Number(arrival.yanked), eventId })
    count(arrival, kind, tallies)
    return { status: kind, eventId }
  }

  const heardAgain = (eventId: number, { source, receivedAt }: Arrival, tallies: TallySheet): Receipt => {
    if (alsoBy[source].run({ at: receivedAt, eventId }).changes > 0) {
      tallies.add(source === 'webhook' ? 'catchUp' : 'webhook', -1)
      tallies.add('both', 1)
      if (source === 'webhook') tallies.webhookCame(receivedAt)
    }
    return { status: 'duplicate', eventId }
  }

  const recordAll = client.transaction((arrivals: readonly Arrival[]) => {
    const tallies = newSheet()
    const receipts = arrivals.map((arrival) => recordOne(arrival, tallies))
    tallies.write()
    return receipts
  })
  return {
    record: (arrivals) => recordAll.immediate(arrivals),
    stateOf: (release) => releases.known(release)?.state ?? 'unknown',
    anyToTell: () => toTell.get() === 1,
  }
}

function count({ source, receivedAt, isHistory }: Arrival, kind: EventKind, tallies: TallySheet): void {
  tallies.add(source === 'webhook' ? 'webhook' : 'catchUp', 1)
  if (source === 'webhook') tallies.webhookCame(receivedAt)
  else tallies.add('confirmed', 1)
  if (isHistory === true && kind === 'pushed') tallies.add('history', 1)
}

function stateOf({ yanked }: Waiting): KnownState {
  return yanked === 1 ? 'yanked' : 'live'
}

/** A body that says no more than what the webhook is about. */
function bareBody({ gemName: name, number: version, platform, yanked }: Arrival): Buffer {
  return Buffer.from(wireBody({ name, version, platform, yanked, facts: { name, version } }))
}

function rowOf(arrival: Arrival, kind: EventKind, isWanted: boolean) {
  const { receivedAt, source, via = [] } = arrival
  return {
    ...arrival,
    kind,
    fannedOutAt: isWanted ? null : receivedAt,
    webhookAt: source === 'webhook' ? receivedAt : null,
    catchUpAt: source === 'catch-up' ? receivedAt : null,
    confirmation: source === 'catch-up' ? 'confirmed' : null,
    via: via.length === 0 ? null : via.join(', '),
  }
}
