import type { KeepInInbox } from '../channels/inbox.js'
import { fail, ok } from '../error.js'
import { type Inbox, mostUnhooked } from '../ledger/inbox.js'
import { isStorageTrouble } from '../ledger/open.js'

/**
 * Keeps what goes to inboxes in the ledger, and calls `kept` after each. `unavailable` when that cannot be written now;
 * `conflict` for a test fire that would make one inbox too many.
 */
export function keepInInbox(
  inbox: Pick<Inbox, 'keep' | 'hasRoom'>,
  now: () => number,
  kept: () => void,
): KeepInInbox {
  return ({ accountId, deliveryId, message }, name) => {
    // A test fire belongs to no delivery.
    const isFired = deliveryId === 0
    try {
      if (isFired && !inbox.hasRoom(accountId, name)) return fail('conflict', noRoom(name))
      inbox.keep({ accountId, name, deliveryId: isFired ? null : deliveryId, message }, now())
      kept()
      return ok(null)
    } catch (error) {
      if (!isStorageTrouble(error)) throw error
      return fail('unavailable', 'The message could not be kept: the ledger cannot be written.')
    }
  }
}

function noRoom(name: string): string {
  return `There are ${mostUnhooked} inboxes that no hook leads to already: add a hook to inbox:${name} first, or fire at one of those.`
}
