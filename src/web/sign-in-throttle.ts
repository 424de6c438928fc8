import type { RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'
import { askerOf } from '../catalog/throttle.js'
import { sendSignInPage } from './sign-in-page.js'

const windowMs = 60_000
const limit = 10

/**
 * Counts a vain try to sign in, and goes on to its refusal; after 10 in a minute from one address it refuses by itself. Tries
 * that succeed must not come here: others behind the same address can always sign in.
 */
export function createSignInThrottle(): RequestHandler {
  return rateLimit({
    windowMs,
    limit,
    legacyHeaders: false,
    standardHeaders: false,
    keyGenerator: (req) => askerOf(req) ?? 'this machine',
    handler: (_req, res) => {
      res.set('Retry-After', String(windowMs / 1000))
      sendSignInPage(res, {
        to: '/',
        status: 429,
        notice: { tone: 'bad', text: 'Too many tries. Wait a minute, then try again.' },
      })
    },
  })
}
