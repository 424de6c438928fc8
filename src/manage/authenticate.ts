import type { Request } from 'express'
import type { Accounts } from '../ledger/accounts.js'
import { hashKey } from '../secret.js'

/** Who sent a request. */
interface Caller {
  accountId: number
  /** SHA-256 hex of the API key. */
  keyHash: string
}

/** The caller, by the API key in `Authorization`, raw or after `Bearer`; undefined without a valid one. */
export function authenticate(
  req: Request,
  accounts: Pick<Accounts, 'byKeyHash'>,
  now: number,
): Caller | undefined {
  const keyHash = hashKey((req.headers.authorization ?? '').replace(/^bearer +/i, ''))
  const accountId = accounts.byKeyHash(keyHash, now)
  return accountId === undefined ? undefined : { accountId, keyHash }
}
