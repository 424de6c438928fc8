import { type NextFunction, type Request, type Response, Router } from 'express'
import { answerError } from './answer-error.js'
import { assetsRouter } from './assets.js'
import { checkCsrf } from './check-csrf.js'
import { readForm } from './form.js'
import { isPagePath } from './page-paths.js'
import { requireSession } from './require-session.js'
import { sendProblem } from './send-problem.js'
import { sessionIn } from './session.js'
import { takeCookie } from './session-cookie.js'
import { signInRouter } from './sign-in.js'
import type { WebParts } from './web-parts.js'

/** What the frame is built from, apart from its rooms. */
type FrameParts = Pick<WebParts, 'ledger' | 'live' | 'csrfSigner' | 'publicUrl' | 'now' | 'log'>

/**
 * What pages load, signing in and out, and live updates; behind sign-in the rooms, whose forms have been read and checked
 * (field `csrf`). Paths that belong to no page go by.
 */
export function frameRouter(parts: FrameParts, rooms: readonly Router[]): Router {
  const pages = pagesRouter(parts, rooms)
  const router = Router()
  router.use(assetsRouter())
  router.get('/live', parts.live.connect)
  router.use(signInRouter(parts))
  router.use((req, res, next) => (isPagePath(req.path) ? pages(req, res, next) : next()))
  router.use(answerError(parts.log))
  return router
}

function pagesRouter(parts: FrameParts, rooms: readonly Router[]): Router {
  const router = Router()
  router.use(requireSession(parts), readForm, checkCsrf(parts.csrfSigner))
  router.post('/sign-out', (_req, res) => {
    parts.ledger.sessions.end(sessionIn(res).hash)
    takeCookie(res, parts.publicUrl())
    res.redirect(303, '/sign-in')
  })
  for (const room of rooms) router.use(room)
  router.use((_req, res) => sendProblem(res, nothingHere))
  return router
}

/** Answers 404 to a browser that asks for a page anywhere else; what wants no page goes by. */
export function answerMissingPage(req: Request, res: Response, next: NextFunction): void {
  const wantsPage = req.method === 'GET' && req.accepts(['json', 'html']) === 'html'
  if (wantsPage) sendProblem(res, nothingHere)
  else next()
}

const nothingHere = {
  status: 404,
  title: 'There is nothing here',
  text: 'The address is wrong, or what was here is gone.',
}
