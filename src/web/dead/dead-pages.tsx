import express, { type Request, type Response, type Router } from 'express'
import { field } from '../form.js'
import { queryIn } from '../query-in.js'
import { redeliveredNotice } from '../release/redelivered-notice.js'
import { withParameter } from '../release/with-parameter.js'
import { type Page, sendPage } from '../send-page.js'
import { sessionIn } from '../session.js'
import type { WebParts } from '../web-parts.js'
import { DeadLetters } from './dead-letters.js'
import { beforeIn, type DeadFilter, deadFilterIn, deadHref } from './dead-view.js'
import { redeliveriesIn, redeliveryParameter } from './redeliveries-in.js'
import { RedeliveryProgress } from './redelivery-progress.js'

/** What the page is built from. */
type DeadParts = Pick<WebParts, 'ledger' | 'redeliveries' | 'now'>

/** What was given up: why, since when, and a way to send it again. */
export function deadPages(parts: DeadParts): Router {
  const router = express.Router()

  router.get('/dead', (req, res) => {
    const query = queryIn(req)
    const filter = deadFilterIn((name) => query.get(name))
    if (!filter.ok) return sendDead(req, res, parts, {}, refusal(filter.problem.message))
    sendDead(req, res, parts, filter.value, { notice: redeliveredNotice(query) })
  })

  router.post('/dead/redeliver', (req, res) => {
    const filter = deadFilterIn((name) => field(req, name))
    // A range that cannot be read must not become "all of them".
    if (!filter.ok) return sendDead(req, res, parts, {}, refusal(filter.problem.message))
    const { id } = parts.redeliveries.start(sessionIn(res).accountId, filter.value)
    res.redirect(303, withParameter(deadHref(filter.value, null), redeliveryParameter, id))
  })

  return router
}

type Said = Pick<Page, 'status' | 'notice'>

function refusal(text: string): Said {
  return { status: 400, notice: { tone: 'bad', text } }
}

function sendDead(req: Request, res: Response, parts: DeadParts, filter: DeadFilter, said: Said): void {
  const session = sessionIn(res)
  const query = queryIn(req)
  const asked = redeliveriesIn(query, session.accountId, parts)
  sendPage(res, {
    ...said,
    title: 'Dead letters',
    room: 'dead',
    body: (
      <div class="stack dead-page">
        {asked !== null && <RedeliveryProgress asked={asked} />}
        <DeadLetters
          filter={filter}
          back={deadHref(filter, beforeIn(query))}
          query={query}
          session={session}
          parts={parts}
        />
      </div>
    ),
  })
}
