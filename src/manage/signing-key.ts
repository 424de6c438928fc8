import type { Ledger } from '../ledger/ledger.js'
import type { Seal } from '../secret.js'

/** Makes a function that answers the API key which signs an account's outgoing webhooks. Throws when there is none. */
export function signingKeys(
  ledger: Pick<Ledger, 'accounts'>,
  seal: Seal,
  now: () => number,
): (accountId: number) => string {
  // Opening a seal costs more than the look-up, and thousands of jobs a second ask for the same few keys.
  const opened = new Map<string, string>()
  return (accountId) => {
    const sealed = ledger.accounts.signingKey(accountId, now())
    if (sealed === undefined)
      throw new Error(`Account ${accountId} has no API key to sign its webhooks with.`)
    const key = opened.get(sealed) ?? seal.open(sealed)
    if (key === undefined)
      throw new Error(`The API key of account ${accountId} was sealed with another GEMHERALD_SECRET.`)
    opened.set(sealed, key)
    return key
  }
}
