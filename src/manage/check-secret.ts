import { fail, ok, type Result } from '../error.js'
import type { Accounts } from '../ledger/accounts.js'
import type { Seal } from '../secret.js'

/**
 * Fails with `unauthorized` when the keys that sign some account's webhooks were sealed with another secret: its
 * deliveries could not be signed.
 */
export function checkSecret(
  accounts: Pick<Accounts, 'keys' | 'signingKey'>,
  seal: Seal,
  now: number,
): Result<null> {
  const owners = new Set(accounts.keys().map(({ accountId }) => accountId))
  const opens = (accountId: number) => seal.open(accounts.signingKey(accountId, now) ?? '') !== undefined
  return [...owners].every(opens) ? ok(null) : fail('unauthorized', wrongSecret)
}

const wrongSecret =
  'The keys in the ledger were sealed with another GEMHERALD_SECRET: set the one of that time, or put its DATA_DIR/secret file back.'
