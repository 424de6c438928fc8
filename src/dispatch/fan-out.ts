import type { PendingEvent } from '../ledger/fan-out.js'
import type { Ledger } from '../ledger/ledger.js'
import { previousVersion } from '../version.js'

type FanOutLedger = Pick<Ledger, 'fanOut' | 'releases' | 'lightly'>

const rowsAtOnce = 500
const eventsAtOnce = 50

/**
 * Writes the next deliveries of the oldest events that lack some, at most 500 in one commit, so that receiving never
 * waits long. True when there is more to do.
 */
export function fanOutSome(ledger: FanOutLedger, now: number): boolean {
  const events = ledger.fanOut.pending(eventsAtOnce)
  if (events.length === 0) return false
  return ledger.lightly(() => {
    let room = rowsAtOnce
    for (const event of events) {
      const chunk = ledger.fanOut.next(event, room)
      if (event.cursor === null && chunk.last > chunk.after)
        ledger.fanOut.setPrevious(event.id, previousOf(ledger, event))
      room -= ledger.fanOut.write(event, chunk, now)
      if (!chunk.done || room <= 0) return true
    }
    return events.length === eventsAtOnce
  })
}

function previousOf(ledger: FanOutLedger, { gemName, number }: PendingEvent): string | null {
  return previousVersion(number, ledger.releases.liveNumbers(gemName))
}
