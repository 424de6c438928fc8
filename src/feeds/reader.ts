import type { Request } from 'express'
import { authenticate } from '../manage/authenticate.js'
import { noteUse } from '../manage/note-use.js'
import { hashKey } from '../secret.js'
import { readFeedToken } from '../web/inbox/feed-path.js'
import { sessionOf } from '../web/session.js'
import type { FeedParts } from './parts.js'

/**
 * The account that may read the inbox `name` of its own: by the token of a feed's link, by an API key as it stands, as
 * Bearer or as the password of HTTP Basic, or by the page's cookie. Undefined when nothing proves one.
 */
export function readerOf(req: Request, name: string, parts: FeedParts): number | undefined {
  const { token } = req.query
  if (typeof token === 'string') return byToken(token, name, parts)
  if (req.headers.authorization !== undefined) return byKey(req, parts)
  return sessionOf(req, parts)?.accountId
}

/** A link goes on as long as the key is valid whose holder got it. */
function byToken(token: string, name: string, parts: FeedParts): number | undefined {
  const read = readFeedToken(token, parts)
  return read?.name === name ? parts.ledger.accounts.byKeyId(read.keyId, parts.now()) : undefined
}

function byKey(req: Request, { ledger: { accounts }, now, log }: FeedParts): number | undefined {
  const password = passwordIn(req.headers.authorization ?? '')
  const keyHash = password === undefined ? authenticate(req, accounts, now())?.keyHash : hashKey(password)
  if (keyHash === undefined) return undefined
  const accountId = accounts.byKeyHash(keyHash, now())
  if (accountId !== undefined) noteUse(keyHash, now(), { accounts, log })
  return accountId
}

/** Many readers of feeds know no other way to send a key than as a password. */
function passwordIn(authorization: string): string | undefined {
  const [, packed] = /^basic +(.*)$/i.exec(authorization) ?? []
  if (packed === undefined) return undefined
  const pair = Buffer.from(packed, 'base64').toString()
  return pair.slice(pair.indexOf(':') + 1)
}
