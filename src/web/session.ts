import type { Request, Response } from 'express'
import { hashKey } from '../secret.js'
import { sessionCookies } from './session-cookie.js'
import type { WebParts } from './web-parts.js'

/** Somebody who is signed in. */
export interface Session {
  accountId: number
  /** The account's name. */
  account: string
  /** The valid API key that it hangs on: the one that it began with, else the oldest one of its account. */
  keyId: number
  /** Account `default` runs this installation. */
  isOperator: boolean
  /** What every form of this session has to carry, as its field `csrf`. */
  csrf: string
  /** What the ledger knows the session by. */
  hash: string
}

/** The session of a request that came past `requireSession`; it throws for any other. */
export function sessionIn(res: Response): Session {
  const session = sessionOn(res)
  if (session === undefined) throw new Error('This route is not behind requireSession.')
  return session
}

/** The session of a request, if it was let in with one. */
export function sessionOn(res: Response): Session | undefined {
  return (res.locals as SessionLocals).session
}

/** When a request was let in, by the server's clock; ms since the epoch. */
export function nowOn(res: Response): number {
  return (res.locals as SessionLocals).now ?? Date.now()
}

/** Makes `session` the one that `sessionIn` gives. */
export function letIn(res: Response, session: Session, now: number): void {
  Object.assign(res.locals as SessionLocals, { session, now })
}

/** The session that a request's cookie stands for; undefined when there is none, or it has ended. */
export function sessionOf(
  req: Request,
  { ledger, csrfSigner, now }: Pick<WebParts, 'ledger' | 'csrfSigner' | 'now'>,
): Session | undefined {
  for (const cookie of sessionCookies(req)) {
    const hash = hashKey(cookie)
    const found = ledger.sessions.find(hash, now())
    if (found === undefined) continue
    return { ...found, isOperator: found.account === 'default', csrf: csrfSigner.sign(hash), hash }
  }
  return undefined
}

interface SessionLocals {
  session?: Session
  now?: number
}
