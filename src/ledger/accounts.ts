import { and, eq, isNull, ne, sql } from 'drizzle-orm'
import { commitLightly, type Database } from './open.js'
import { accounts, apiKeys } from './schema.js'

/** A stored API key: `hash` is its SHA-256 hex, `sealed` the key itself under the installation's secret. */
export interface StoredKey {
  name: string
  hash: string
  sealed: string
}

/** An API key as it can be shown. Times in ms since the epoch. */
export interface KeyRow {
  id: number
  accountId: number
  /** Name of the account. */
  account: string
  name: string
  createdAt: number
  /** Null: it does not end by itself. */
  expiresAt: number | null
  /** To the minute; null: never used. */
  lastUsedAt: number | null
  revokedAt: number | null
}

/** Name of the key that comes from the environment. */
export const configuredKeyName = 'GEMHERALD_API_KEY'

export interface Accounts {
  /** The account with this name, created when it is missing. */
  ensure(name: string, now: number): number
  /**
   * Adds a key, valid until `expiresAt` (null: for good). The same key again is valid again, with that time. False when it
   * belongs to another account: nothing is changed then.
   */
  addKey(accountId: number, key: StoredKey, now: number, expiresAt?: number | null): boolean
  /** All keys of all accounts, in order of creation. */
  keys(): KeyRow[]
  /** The key with this SHA-256 hex, valid or not. */
  find(hash: string): KeyRow | undefined
  /** Seals a key anew: the secret may have changed. */
  reseal(id: number, sealed: string): void
  /** Revokes one key; false when it was revoked before, or there is none. */
  revokeKey(id: number, now: number): boolean
  /** Revokes the account's keys of that name, except the one with `exceptHash`. */
  revokeKeys(accountId: number, name: string, exceptHash: string | null, now: number): void
  /** Gives the account's keys of one name another name. */
  renameKeys(accountId: number, from: string, to: string): void
  /** The sealed key of that name that is still valid. */
  keyNamed(accountId: number, name: string): string | undefined
  /** The account a valid key belongs to, looked up by the key's SHA-256 hex. */
  byKeyHash(hash: string, now: number): number | undefined
  /** The account a valid key belongs to, by the key's id. */
  byKeyId(id: number, now: number): number | undefined
  /** Notes that a key was used; writes at most once a minute for each key. */
  used(hash: string, now: number): void
  /**
   * The sealed key that signs the account's outgoing webhooks: the configured one, else the oldest valid one, as
   * RubyGems.org does, so that adding a key changes nothing for receivers until the old one is revoked. When none is valid
   * any more, the last one that was: what is owed is still sent, as its receivers know it.
   */
  signingKey(accountId: number, now: number): string | undefined
  /** Whether the account has a key that can be used. */
  hasValidKey(accountId: number, now: number): boolean
}

const minuteMs = 60_000

export function accountsIn(db: Database): Accounts {
  const { $client: client } = db
  const byHash = client
    .prepare<[string, number], number>(
      `SELECT account_id FROM api_keys
       WHERE hash = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)`,
    )
    .pluck()
  const byId = client
    .prepare<[number, number], number>(
      `SELECT account_id FROM api_keys
       WHERE id = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)`,
    )
    .pluck()
  const signing = client
    .prepare<[{ accountId: number; now: number }], string>(
      `SELECT sealed FROM api_keys WHERE account_id = @accountId
       ORDER BY revoked_at IS NULL AND (expires_at IS NULL OR expires_at > @now) DESC,
         CASE WHEN revoked_at IS NULL AND (expires_at IS NULL OR expires_at > @now)
           THEN name = '${configuredKeyName}' ELSE min(ifnull(revoked_at, expires_at), ifnull(expires_at, revoked_at)) END DESC,
         id LIMIT 1`,
    )
    .pluck()
  const lastUsed = client
    .prepare<[string], number | null>('SELECT last_used_at FROM api_keys WHERE hash = ?')
    .pluck()
  const setUsed = client.prepare('UPDATE api_keys SET last_used_at = ? WHERE hash = ?')
  const shown = `SELECT k.id, k.account_id AS accountId, a.name AS account, k.name, k.created_at AS createdAt, k.expires_at AS expiresAt,
       k.last_used_at AS lastUsedAt, k.revoked_at AS revokedAt
     FROM api_keys AS k JOIN accounts AS a ON a.id = k.account_id`
  const keys = client.prepare<[], KeyRow>(`${shown} ORDER BY k.id`)
  const byItsHash = client.prepare<[string], KeyRow>(`${shown} WHERE k.hash = ?`)
  const reseal = client.prepare('UPDATE api_keys SET sealed = ? WHERE id = ?')
  const revokeOne = client.prepare('UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
  const hasValid = client
    .prepare(
      `SELECT EXISTS (SELECT 1 FROM api_keys
       WHERE account_id = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?))`,
    )
    .pluck()

  return {
    ensure(name, now) {
      db.insert(accounts).values({ name, createdAt: now }).onConflictDoNothing().run()
      const row = db.select({ id: accounts.id }).from(accounts).where(eq(accounts.name, name)).get()
      if (row === undefined) throw new Error(`The ledger kept no account ${name}.`)
      return row.id
    },

    addKey: (accountId, key, now, expiresAt = null) =>
      db
        .insert(apiKeys)
        .values({ accountId, ...key, createdAt: now, expiresAt })
        .onConflictDoUpdate({
          target: apiKeys.hash,
          set: { revokedAt: null, sealed: key.sealed, expiresAt },
          setWhere: sql`${apiKeys.accountId} = ${accountId}`,
        })
        .run().changes === 1,

    keys: () => keys.all(),

    find: (hash) => byItsHash.get(hash),

    reseal(id, sealed) {
      reseal.run(sealed, id)
    },

    revokeKey: (id, now) => revokeOne.run(now, id).changes === 1,

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

    byKeyHash: (hash, now) => byHash.get(hash, now),

    byKeyId: (id, now) => byId.get(id, now),

    used(hash, now) {
      const last = lastUsed.get(hash)
      if (last === undefined || (last !== null && Math.abs(now - last) < minuteMs)) return
      commitLightly(db, () => setUsed.run(now, hash))
    },

    signingKey: (accountId, now) => signing.get({ accountId, now }),

    hasValidKey: (accountId, now) => hasValid.get(accountId, now) === 1,
  }
}
