import type { Message } from '../delivery.js'
import { commitLightly, type Database } from './open.js'

/** A message that an inbox keeps. */
export interface InboxMessage {
  id: number
  /** NAME of `inbox:NAME`. */
  name: string
  /** Null: it was test-fired. */
  deliveryId: number | null
  message: Message
  /** When it was kept, ms since the epoch. */
  createdAt: number
}

/** An inbox, and how much is in it. */
export interface InboxName {
  name: string
  count: number
  /** When the newest message in it was kept, ms since the epoch; null: it is empty. */
  lastAt: number | null
}

/** Messages that were sent to `inbox:NAME`. Every account has inboxes of its own, even under the same name. */
export interface Inbox {
  /**
   * Keeps a message once, by its id, and the last 500 of its inbox. It does not wait for the disk: the outcome is written
   * after it, so a power failure that undoes the one undoes the other. Throws storage trouble when it cannot be written now.
   */
  keep(
    kept: { accountId: number; name: string; deliveryId: number | null; message: Message },
    now: number,
  ): void
  /** Whether a test message may go there: an account has `mostUnhooked` inboxes that no hook leads to, and no more. */
  hasRoom(accountId: number, name: string): boolean
  /** Inboxes that hold messages or that a hook leads to, by name; `after`: the last name of the page before. */
  names(accountId: number, page: { after: string | null; limit: number }): InboxName[]
  /** Whether an inbox of that name would be listed. */
  exists(accountId: number, name: string): boolean
  /** Newest first, `before` (a message's `id` here) excluded. */
  list(accountId: number, name: string, page: { before: number | null; limit: number }): InboxMessage[]
  find(accountId: number, name: string, id: number): InboxMessage | undefined
}

const mostKept = 500
const inboxUrl = 'inbox:'

interface NamesPage {
  accountId: number
  after: string
  limit: number
}

/** How many inboxes that no hook leads to an account can have by test fires. */
export const mostUnhooked = 100

interface Row {
  id: number
  name: string
  deliveryId: number | null
  message: string
  createdAt: number
}

export function inboxIn(db: Database): Inbox {
  const { $client: client } = db
  const add = client.prepare(
    `INSERT INTO inbox_messages (account_id, name, message_id, delivery_id, message, created_at)
     VALUES (@accountId, @name, @messageId, @deliveryId, @message, @now)
     ON CONFLICT (message_id) DO NOTHING`,
  )
  const prune = client.prepare(
    `DELETE FROM inbox_messages WHERE id IN (
       SELECT id FROM inbox_messages WHERE account_id = ? AND name = ? ORDER BY id DESC LIMIT -1 OFFSET ${mostKept})`,
  )
  // From one name to the next, whatever is in between.
  const filledAfter = client
    .prepare<[NamesPage], string>(
      `WITH RECURSIVE filled(name) AS (
         SELECT (SELECT min(name) FROM inbox_messages WHERE account_id = @accountId AND name > @after)
         UNION ALL
         SELECT (SELECT min(name) FROM inbox_messages WHERE account_id = @accountId AND name > filled.name)
         FROM filled WHERE name IS NOT NULL LIMIT @limit)
       SELECT name FROM filled WHERE name IS NOT NULL`,
    )
    .pluck()
  const ledToAfter = client
    .prepare<[NamesPage], string>(
      `SELECT substr(url, ${inboxUrl.length + 1}) FROM endpoints INDEXED BY endpoints_identity
       WHERE account_id = @accountId AND channel = 'inbox' AND url > '${inboxUrl}' || @after
         AND EXISTS (SELECT 1 FROM hooks WHERE endpoint_id = endpoints.id) ORDER BY url LIMIT @limit`,
    )
    .pluck()
  const ledTo = client.prepare<[number, string]>(
    `SELECT 1 FROM endpoints WHERE account_id = ? AND channel = 'inbox' AND url = '${inboxUrl}' || ?
       AND EXISTS (SELECT 1 FROM hooks WHERE endpoint_id = endpoints.id)`,
  )
  // The moment is read from the newest row only: it lies behind the message, which may be long.
  const counted = client.prepare<[number, string], Omit<InboxName, 'name'>>(
    `SELECT count, (SELECT created_at FROM inbox_messages WHERE id = newest) AS lastAt
     FROM (SELECT count(*) AS count, max(id) AS newest FROM inbox_messages WHERE account_id = ? AND name = ?)`,
  )
  // Steps from name to name: an inbox may hold hundreds of messages.
  const hasRoom = client
    .prepare<[{ accountId: number; name: string }], number>(
      `WITH RECURSIVE held (name) AS (
         SELECT min(name) FROM inbox_messages WHERE account_id = @accountId
         UNION ALL
         SELECT (SELECT min(m.name) FROM inbox_messages AS m WHERE m.account_id = @accountId AND m.name > held.name)
         FROM held WHERE held.name IS NOT NULL
       ), hooked (url) AS (
         SELECT url FROM endpoints WHERE account_id = @accountId AND channel = 'inbox'
           AND EXISTS (SELECT 1 FROM hooks WHERE endpoint_id = endpoints.id)
       )
       SELECT 'inbox:' || @name IN hooked
         OR EXISTS (SELECT 1 FROM inbox_messages WHERE account_id = @accountId AND name = @name)
         OR (SELECT count(name) FROM held WHERE 'inbox:' || name NOT IN hooked) < ${mostUnhooked}`,
    )
    .pluck()
  const columns = 'id, name, delivery_id AS deliveryId, message, created_at AS createdAt'
  const before = client.prepare<[number, string, number, number], Row>(
    `SELECT ${columns} FROM inbox_messages WHERE account_id = ? AND name = ? AND id < ? ORDER BY id DESC LIMIT ?`,
  )
  const one = client.prepare<[number, number, string], Row>(
    `SELECT ${columns} FROM inbox_messages WHERE id = ? AND account_id = ? AND name = ?`,
  )

  const countIn = (accountId: number, name: string) => {
    const row = counted.get(accountId, name)
    if (row === undefined) throw new Error('A count gives a row.')
    return row
  }

  return {
    keep({ accountId, name, deliveryId, message }, now) {
      const row = {
        accountId,
        name,
        deliveryId,
        messageId: message.id,
        message: JSON.stringify(message),
        now,
      }
      commitLightly(db, () => {
        if (add.run(row).changes > 0) prune.run(accountId, name)
      })
    },

    hasRoom: (accountId, name) => hasRoom.get({ accountId, name }) === 1,

    names(accountId, { after, limit }) {
      const page = { accountId, after: after ?? '', limit }
      const names = new Set([...filledAfter.all(page), ...ledToAfter.all(page)])
      return [...names]
        .sort()
        .slice(0, limit)
        .map((name) => ({ name, ...countIn(accountId, name) }))
    },

    exists: (accountId, name) =>
      countIn(accountId, name).count > 0 || ledTo.get(accountId, name) !== undefined,

    list: (accountId, name, page) =>
      before.all(accountId, name, page.before ?? Number.MAX_SAFE_INTEGER, page.limit).map(read),

    find(accountId, name, id) {
      const row = one.get(id, accountId, name)
      return row && read(row)
    },
  }
}

function read(row: Row): InboxMessage {
  return { ...row, message: JSON.parse(row.message) as Message }
}
