import type { Logger } from 'pino'
import type { Accounts } from '../ledger/accounts.js'
import { isStorageTrouble } from '../ledger/open.js'

/** When a key was last used is worth knowing, but no reason to refuse anything. `keyHash`: its SHA-256 hex. */
export function noteUse(
  keyHash: string,
  now: number,
  { accounts, log }: { accounts: Pick<Accounts, 'used'>; log: Logger },
): void {
  try {
    accounts.used(keyHash, now)
  } catch (error) {
    if (!isStorageTrouble(error)) throw error
    log.warn({ err: error }, 'not noted that an API key was used: the ledger cannot be written')
  }
}
