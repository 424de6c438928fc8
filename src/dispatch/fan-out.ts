import type { PendingEvent } from '../ledger/fan-out.js'
import type { Ledger } from '../ledger/ledger.js'
import { previousVersion } from '../version.js'

const rowsAtOnce = 500
const eventsAtOnce = 50

/**
 * Writes the next deliveries of the oldest events that lack some, at most about 500 in one commit, so that receiving
 * never waits long. True when there is more to do.
 */
export function fanOutSome(ledger: Pick<Ledger, 'fanOut' | 'releases' | 'together'>, now: number): boolean {
  const events = ledger.fanOut.pending(eventsAtOnce)
  if (events.length === 0) return false
  return ledger.together(() => {
    let room = rowsAtOnce
    for (const event of events) {
      const { written, done } = fanOutOne(ledger, event, room, now)
      room -= written
      if (!done || room <= 0) return true
    }
    return events.length === eventsAtOnce
  })
}

function fanOutOne(
  ledger: Pick<Ledger, 'fanOut' | 'releases'>,
  event: PendingEvent,
  limit: number,
  now: number,
) {
  if (event.cursor === null)
    ledger.fanOut.begin(event.id, previousVersion(event.number, ledger.releases.liveNumbers(event.gemName)))
  return ledger.fanOut.chunk(event, event.cursor ?? 0, limit, now)
}
