import type { Database } from './open.js'

/** Somebody who is signed in. */
export interface SignedIn {
  accountId: number
  /** Name of the account. */
  account: string
  /** The valid key that the session hangs on: the one that it began with, else the oldest one of its account. */
  keyId: number
}

/** Who is signed in to the page, and the one-time links that sign somebody in. Cookies and tokens are known by their hash. */
export interface Sessions {
  /** Begins a session, until `expiresAt`. With `keyId` it ends with that API key, too. Times in ms since the epoch. */
  create(
    session: { hash: string; accountId: number; keyId: number | null; expiresAt: number },
    now: number,
  ): void
  /** A session that has not ended. Its key must still be valid; begun with a link, its account must still have a valid key. */
  find(hash: string, now: number): SignedIn | undefined
  /** Ends a session; nothing happens when there is none. */
  end(hash: string): void
  /** Removes what has expired, links too. */
  sweep(now: number): void
  addLink(link: { hash: string; accountId: number; expiresAt: number }): void
  /** Uses a link up; its account, or undefined when it was used, has expired, never was, or its account has no valid key. */
  useLink(hash: string, now: number): number | undefined
}

export function sessionsIn({ $client: client }: Database): Sessions {
  const insert = client.prepare(
    'INSERT INTO sessions (hash, account_id, key_id, created_at, expires_at) VALUES (?, ?, ?, ?, ?)',
  )
  const isValid = 'k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > @now)'
  const find = client.prepare<[{ hash: string; now: number }], SignedIn>(
    `SELECT s.account_id AS accountId, a.name AS account, min(k.id) AS keyId
     FROM sessions AS s JOIN accounts AS a ON a.id = s.account_id
       JOIN api_keys AS k ON k.account_id = s.account_id AND (s.key_id IS NULL OR k.id = s.key_id) AND ${isValid}
     WHERE s.hash = @hash AND s.expires_at > @now GROUP BY s.hash`,
  )
  const end = client.prepare('DELETE FROM sessions WHERE hash = ?')
  const sweepSessions = client.prepare('DELETE FROM sessions WHERE expires_at <= ?')
  const sweepLinks = client.prepare('DELETE FROM sign_in_links WHERE expires_at <= ?')
  const insertLink = client.prepare(
    'INSERT INTO sign_in_links (hash, account_id, expires_at) VALUES (?, ?, ?)',
  )
  const useLink = client.prepare<[{ hash: string; now: number }], { accountId: number; usable: number }>(
    `DELETE FROM sign_in_links WHERE hash = @hash RETURNING account_id AS accountId, expires_at > @now AND EXISTS (
       SELECT 1 FROM api_keys AS k WHERE k.account_id = sign_in_links.account_id AND ${isValid}) AS usable`,
  )

  return {
    create({ hash, accountId, keyId, expiresAt }, now) {
      insert.run(hash, accountId, keyId, now, expiresAt)
    },

    find: (hash, now) => find.get({ hash, now }),

    end(hash) {
      end.run(hash)
    },

    sweep(now) {
      sweepSessions.run(now)
      sweepLinks.run(now)
    },

    addLink({ hash, accountId, expiresAt }) {
      insertLink.run(hash, accountId, expiresAt)
    },

    useLink(hash, now) {
      const link = useLink.get({ hash, now })
      return link?.usable === 1 ? link.accountId : undefined
    },
  }
}
