import { isIP } from 'node:net'
import type { Request, RequestHandler } from 'express'
import { ipKeyGenerator, type RateLimitInfo, rateLimit } from 'express-rate-limit'
import ipaddr from 'ipaddr.js'
import { send } from './answer.js'

const windowMs = 60_000
const limit = 100

/**
 * Lets 100 searches a minute through for each address, and answers the rest as RubyGems.org does
 * (protocol/rubygems-api.md §3). What runs on this machine is not throttled.
 */
export function createSearchThrottle(): RequestHandler {
  return rateLimit({
    windowMs,
    limit,
    legacyHeaders: false,
    standardHeaders: false,
    skip: (req) => askerOf(req) === null,
    keyGenerator: (req) => askerOf(req) ?? '',
    handler: (req, res) => {
      const { resetTime } = (req as Request & { rateLimit: RateLimitInfo }).rateLimit
      const headers = { 'Content-Type': 'text/plain', 'Retry-After': String(secondsUntil(resetTime)) }
      send(res, { status: 429, headers, body: 'Retry later\n' })
    },
  })
}

/**
 * Whom a search is counted for; null: for nobody, since it comes from this machine. A proxy on this machine is believed
 * when it says for whom it asks, as the last address in `X-Forwarded-For`: that is the one that the proxy itself has seen.
 * Without that header it cannot be told from a second gemherald here, and has to keep to a limit itself. From any other
 * machine the header proves nothing, so all who come through a proxy elsewhere share its 100 a minute: the limit is
 * there to keep this server quick, whoever asks.
 */
export function askerOf({ socket, headers }: Pick<Request, 'socket' | 'headers'>): string | null {
  const peer = socket.remoteAddress ?? ''
  if (!isLoopback(peer)) return ipKeyGenerator(peer)
  const forwarded = headers['x-forwarded-for']
  if (forwarded === undefined) return null
  const asker = String(forwarded).split(',').at(-1)?.trim() ?? ''
  return isIP(asker) === 0 ? 'unknown' : ipKeyGenerator(asker)
}

function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback'
}

function secondsUntil(time: Date | undefined): number {
  return time === undefined ? windowMs / 1000 : Math.max(1, Math.ceil((time.getTime() - Date.now()) / 1000))
}
