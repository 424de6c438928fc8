import { until } from '../test/helpers/wait.js'
import type { Arrivals } from './arrivals.js'
import type { Client } from './client.js'
import { type Check, check, type Finding } from './row.js'

/** The client-side ledger held against the sink-side one. */
export interface Score extends Omit<Finding, 'done' | 'checks'> {
  accepted: number
  delivered: number
  lost: number
  repeated: number
  /** Releases told of under two ids at one place, or accepted as two events. */
  doubled: number
  /** Ids that came with two different messages. */
  changed: number
}

/** `paths` are the places that each accepted webhook owes a message to. */
export function score(client: Client, arrivals: Arrivals, paths: readonly string[]): Score {
  const found = new Map(arrivals.all().map((arrival) => [`${arrival.path} ${arrival.release}`, arrival]))
  let delivered = 0
  let lost = 0
  for (const release of client.accepted.keys())
    for (const path of paths) {
      if (found.get(`${path} ${release}`)?.delivered) delivered += 1
      else lost += 1
    }
  let repeated = 0
  let doubled = client.contradictions
  for (const { times } of found.values()) {
    doubled += times.size - 1
    for (const count of times.values()) repeated += count - 1
  }
  return { accepted: client.accepted.size, delivered, lost, repeated, doubled, changed: arrivals.changed }
}

/** What must be so in every row: no event twice, and every repeat the same message under the same id. */
export function soundness({ doubled, changed }: Score): Check[] {
  return [
    check('events doubled 0', doubled, doubled === 0),
    check('every repeat the same message, same webhook-id', `${changed} changed`, changed === 0),
  ]
}

/** Waits until every message owed has been delivered; false when nothing more came for `quietMs`. */
export async function allDelivered(
  client: Client,
  arrivals: Arrivals,
  paths: readonly string[],
  quietMs = 90_000,
): Promise<boolean> {
  let last = -1
  let since = Date.now()
  for (;;) {
    const owed = client.accepted.size * paths.length
    if (arrivals.delivered >= owed) return true
    if (arrivals.delivered !== last) since = Date.now()
    last = arrivals.delivered
    if (Date.now() - since > quietMs) return false
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Waits a minute at most until the server knows that all is delivered: what it does not know of would come again. */
export async function allRecorded(client: Client): Promise<void> {
  const nothingOwed = async () => (await client.owed().catch(() => 1)) === 0
  await until('nothing is owed', nothingOwed, recordMs).catch(() => undefined)
}

const recordMs = 60_000
