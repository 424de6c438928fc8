import { and, eq, isNull, ne, sql } from 'drizzle-orm'
import type { Database } from './open.js'
import { accounts, apiKeys } from './schema.js'

/** A stored API key: `hash` is its SHA-256 hex, `sealed` the key itself under the installation's secret. */
export interface StoredKey {
  name: string
  hash: string
  sealed: string
}

/** Name of the key that comes from the environment. */
export const configuredKeyName = 'GEMHERALD_API_KEY'

export interface Accounts {
  /** The account with this name, created when it is missing. */
  ensure(name: string, now: number): number
  /** Adds a key unless the same one is stored already; a revoked one is valid again. */
  addKey(accountId: number, key: StoredKey, now: number): void
  /** Revokes the account's keys of that name, except the one with `exceptHash`. */
  revokeKeys(accountId: number, name: string, exceptHash: string | null, now: number): void
  /** Gives the account's keys of one name another name. */
  renameKeys(accountId: number, from: string, to: string): void
  /** The sealed key of that name that is still valid. */
  keyNamed(accountId: number, name: string): string | undefined
  /** The account a valid key belongs to, looked up by the key's SHA-256 hex. */
  byKeyHash(hash: string): number | undefined
  /**
   * The sealed key that signs the account's outgoing webhooks: the configured one, else the oldest valid one, as
   * RubyGems.org does, so that adding a key changes nothing for receivers until the old one is revoked.
   */
  signingKey(accountId: number): string | undefined
}

export function accountsIn(db: Database): Accounts {
  const byHash = db
    .select({ accountId: apiKeys.accountId })
    .from(apiKeys)
    .where(and(eq(apiKeys.hash, sql.placeholder('hash')), isNull(apiKeys.revokedAt)))
    .prepare()
  const signing = db.$client
    .prepare(
      `SELECT sealed FROM api_keys WHERE account_id = ? AND revoked_at IS NULL
       ORDER BY name = '${configuredKeyName}' DESC, id LIMIT 1`,
    )
    .pluck()

  return {
    ensure(name, now) {
      db.insert(accounts).values({ name, createdAt: now }).onConflictDoNothing().run()
      const row = db.select({ id: accounts.id }).from(accounts).where(eq(accounts.name, name)).get()
      if (row === undefined) throw new Error(`The ledger kept no account ${name}.`)
      return row.id
    },

    addKey(accountId, key, now) {
      db.insert(apiKeys)
        .values({ accountId, ...key, createdAt: now })
        .onConflictDoUpdate({ target: apiKeys.hash, set: { revokedAt: null, sealed: key.sealed } })
        .run()
    },

    revokeKeys(accountId, name, exceptHash, now) {
      const others = exceptHash === null ? undefined : ne(apiKeys.hash, exceptHash)
      db.update(apiKeys)
        .set({ revokedAt: now })
        .where(
          and(eq(apiKeys.accountId, accountId), eq(apiKeys.name, name), isNull(apiKeys.revokedAt), others),
        )
        .run()
    },

    renameKeys(accountId, from, to) {
      db.update(apiKeys)
        .set({ name: to })
        .where(and(eq(apiKeys.accountId, accountId), eq(apiKeys.name, from)))
        .run()
    },

    keyNamed: (accountId, name) =>
      db
        .select({ sealed: apiKeys.sealed })
        .from(apiKeys)
        .where(and(eq(apiKeys.accountId, accountId), eq(apiKeys.name, name), isNull(apiKeys.revokedAt)))
        .get()?.sealed,

    byKeyHash: (hash) => byHash.get({ hash })?.accountId,

    signingKey: (accountId) => signing.get(accountId) as string | undefined,
  }
}
