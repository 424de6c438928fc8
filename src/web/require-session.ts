import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { sendGoOn } from './go-on.js'
import { localPath } from './local-path.js'
import { isFromElsewhere } from './same-site.js'
import { letIn, sessionOf } from './session.js'
import { sessionCookies } from './session-cookie.js'
import type { WebParts } from './web-parts.js'

/** Lets requests with a session through, and leads the others to the sign-in page. Scripts get a 401. */
export function requireSession(parts: Pick<WebParts, 'ledger' | 'csrfSigner' | 'now'>): RequestHandler {
  return (req: Request, res: Response, next: NextFunction) => {
    const session = sessionOf(req, parts)
    if (session !== undefined) {
      letIn(res, session, parts.now())
      return next()
    }
    if (isScript(req)) return res.status(401).type('text/plain').send('Sign in again.\n')
    const isGet = req.method === 'GET' || req.method === 'HEAD'
    if (isGet && isFromElsewhere(req) && sessionCookies(req).length === 0)
      return sendGoOn(res, localPath(req.originalUrl), 'One moment')
    const to = isGet ? req.originalUrl : '/'
    return res.redirect(303, to === '/' ? '/sign-in' : `/sign-in?to=${encodeURIComponent(to)}`)
  }
}

function isScript({ headers }: Request): boolean {
  return headers['sec-fetch-dest'] === 'empty' || headers['x-requested-with'] !== undefined
}
