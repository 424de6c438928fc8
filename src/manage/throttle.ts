import type { Request, RequestHandler } from 'express'
import { ipKeyGenerator, type RateLimitInfo, rateLimit } from 'express-rate-limit'
import { send } from './answer.js'

const windowMs = 60_000
const limit = 60

/**
 * Lets 60 requests a minute through for each API key, and for each address without a valid one; answers the rest as
 * RubyGems.org does (protocol/rubygems-webhooks.md §2.3). `keyOf` gives the hash of a request's key when it is valid.
 */
export function createThrottle(keyOf: (req: Request) => string | undefined): RequestHandler {
  return rateLimit({
    windowMs,
    limit,
    legacyHeaders: false,
    standardHeaders: false,
    keyGenerator: (req) => keyOf(req) ?? ipKeyGenerator(req.ip ?? ''),
    handler: (req, res) => {
      const { resetTime } = (req as Request & { rateLimit: RateLimitInfo }).rateLimit
      const headers = { 'Content-Type': 'text/plain', 'Retry-After': String(secondsUntil(resetTime)) }
      send(res, { status: 429, headers, body: 'Retry later\n' })
    },
  })
}

function secondsUntil(time: Date | undefined): number {
  return time === undefined ? windowMs / 1000 : Math.max(1, Math.ceil((time.getTime() - Date.now()) / 1000))
}
