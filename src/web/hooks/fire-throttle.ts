import type { RequestHandler } from 'express'
import { countedForKey } from '../../manage/fire-limit.js'
import { sendProblem } from '../send-problem.js'
import { sessionIn } from '../session.js'
import type { WebParts } from '../web-parts.js'

/** Keeps test fires to the limit: they count as those of the API key that the session hangs on. */
export function createFireThrottle({ fireLimit }: Pick<WebParts, 'fireLimit'>): RequestHandler {
  return (_req, res, next) => {
    const seconds = fireLimit.count(countedForKey(sessionIn(res).keyId))
    if (seconds === null) return next()
    res.set('Retry-After', String(seconds))
    return sendProblem(res, {
      status: 429,
      title: 'Too many test fires',
      text: 'Nothing was sent. Wait a minute, then fire again.',
    })
  }
}
