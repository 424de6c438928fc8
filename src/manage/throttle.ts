import type { Request, RequestHandler } from 'express'
import { ipKeyGenerator } from 'express-rate-limit'
import { send } from './answer.js'
import { authenticate } from './authenticate.js'
import { countedForKey } from './fire-limit.js'
import type { ManageParts } from './parts.js'

/** What the throttle is built from. */
interface ThrottleParts extends Pick<ManageParts, 'fireLimit' | 'now'> {
  ledger: Pick<ManageParts['ledger'], 'accounts'>
}

/**
 * Keeps fires of an API to the limit, for each API key, and for each address without a valid one; answers the rest as
 * RubyGems.org does (protocol/rubygems-webhooks.md §2.3).
 */
export function createThrottle(parts: ThrottleParts): RequestHandler {
  return (req, res, next) => {
    const seconds = parts.fireLimit.count(countedFor(req, parts))
    if (seconds === null) return next()
    const headers = { 'Content-Type': 'text/plain', 'Retry-After': String(seconds) }
    return send(res, { status: 429, headers, body: 'Retry later\n' })
  }
}

function countedFor(req: Request, { ledger: { accounts }, now }: ThrottleParts): string {
  const caller = authenticate(req, accounts, now())
  const key = caller && accounts.find(caller.keyHash)
  return key === undefined ? ipKeyGenerator(req.ip ?? '') : countedForKey(key.id)
}
