import { fail, ok, type Result } from '../error.js'
import { configuredKeyName } from '../ledger/accounts.js'
import type { Ledger } from '../ledger/ledger.js'
import { createKey, hashKey, type Seal } from '../secret.js'

const defaultAccount = 'default'
const firstKeyName = 'first start'

/**
 * Makes the account `default` usable: with the configured API key, or else with one of its own. Answers a key that was
 * made just now, to be shown once, or null. Fails with `unauthorized` when stored keys were sealed with another secret.
 */
export function ensureDefaultKey(
  ledger: Pick<Ledger, 'accounts' | 'together'>,
  seal: Seal,
  configured: string | null,
  now: number,
): Result<string | null> {
  const { accounts } = ledger
  return ledger.together(() => {
    const accountId = accounts.ensure(defaultAccount, now)
    const store = (name: string, key: string) =>
      accounts.addKey(accountId, { name, hash: hashKey(key), sealed: seal.close(key) }, now)

    accounts.revokeKeys(accountId, configuredKeyName, configured === null ? null : hashKey(configured), now)
    if (configured !== null) store(configuredKeyName, configured)
    const signing = accounts.signingKey(accountId)
    if (signing !== undefined)
      return seal.open(signing) === undefined ? fail('unauthorized', wrongSecret) : ok(null)
    const key = createKey()
    store(firstKeyName, key)
    return ok(key)
  })
}

const wrongSecret =
  'The ledger was written with another GEMHERALD_SECRET: give the server the secret it had, or the DATA_DIR/secret file of that time.'
