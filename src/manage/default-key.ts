import { fail, ok, type Result } from '../error.js'
import { configuredKeyName } from '../ledger/accounts.js'
import type { Ledger } from '../ledger/ledger.js'
import { createKey, hashKey, type Seal } from '../secret.js'
import { checkSecret } from './check-secret.js'

const defaultAccount = 'default'
const unshownKeyName = 'first start (not shown yet)'
const firstKeyName = 'first start'

/** An API key that nobody has seen yet. */
export interface NewKey {
  key: string
  /** To be called when a person has been shown the key: it is never shown again. */
  shown(): void
}

/**
 * Makes the account `default` usable: with the configured API key, or else with one of its own, which is answered until it
 * has been shown. Fails with `unauthorized` when stored keys were sealed with another secret, and
 * with `conflict` when the configured key is another account's. A configured key that was revoked or has expired is refused
 * with `unauthorized`.
 */
export function ensureDefaultKey(
  { accounts, together }: Pick<Ledger, 'accounts' | 'together'>,
  seal: Seal,
  configured: string | null,
  now: number,
): Result<NewKey | null> {
  return together(() => {
    const accountId = accounts.ensure(defaultAccount, now)
    const store = (name: string, key: string) =>
      accounts.addKey(accountId, { name, hash: hashKey(key), sealed: seal.close(key) }, now)
    /** A key that is stored under a name of its own stays what it is: its end and its revocation count. */
    const useConfigured = (key: string): Result<null> => {
      const known = accounts.find(hashKey(key))
      if (known !== undefined && known.accountId !== accountId) return fail('conflict', othersKey)
      if (known === undefined || known.name === configuredKeyName) store(configuredKeyName, key)
      else if (accounts.byKeyHash(hashKey(key), now) === undefined)
        return fail('unauthorized', endedKey(known.name))
      else accounts.reseal(known.id, seal.close(key))
      return ok(null)
    }

    const usable = configured === null ? ok(null) : useConfigured(configured)
    if (!usable.ok) return usable
    accounts.revokeKeys(accountId, configuredKeyName, configured === null ? null : hashKey(configured), now)
    const sameSecret = checkSecret(accounts, seal, now)
    if (!sameSecret.ok) return sameSecret
    // Whoever revoked the last key of the account wants it closed: only the first start makes one.
    const hadOwnKey = accounts
      .keys()
      .some((key) => key.accountId === accountId && key.name !== configuredKeyName)
    if (!accounts.hasValidKey(accountId, now) && !hadOwnKey) store(unshownKeyName, createKey())

    const unshown = accounts.keyNamed(accountId, unshownKeyName)
    const key = unshown === undefined ? undefined : seal.open(unshown)
    if (key === undefined) return ok(null)
    return ok({ key, shown: () => accounts.renameKeys(accountId, unshownKeyName, firstKeyName) })
  })
}

const endedKey = (name: string) =>
  `GEMHERALD_API_KEY is the key default/${name}, which was revoked or has expired: set another one.`
const othersKey =
  'GEMHERALD_API_KEY is the key of another account here: give the account default one of its own.'
