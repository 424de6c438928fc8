import type { RequestHandler, Response } from 'express'
import { disabledByHand } from '../../manage/disabled-by-hand.js'
import { idIn } from '../id-in.js'
import { queryIn } from '../query-in.js'
import { redeliveredNotice } from '../release/redelivered-notice.js'
import { sendPage } from '../send-page.js'
import { sendProblem } from '../send-problem.js'
import { sessionIn } from '../session.js'
import type { WebParts } from '../web-parts.js'
import { backTo } from './back-to.js'
import { EndpointPage } from './endpoint-page.js'
import { viewOf } from './endpoint-view.js'
import { noticeOf } from './notices.js'
import { shortUrl } from './short-url.js'

const perPage = 50

/** GET /endpoints/:id */
export function sendEndpoint(parts: WebParts): RequestHandler {
  return (req, res) => {
    const session = sessionIn(res)
    const id = idIn(req.params.id)
    const endpoint = id === null ? undefined : parts.ledger.endpoints.find(session.accountId, id)
    if (endpoint === undefined) return sendUnknown(res)
    const query = queryIn(req)
    const view = viewOf(query)
    const filter = { endpointId: endpoint.id, ...(view.state === null ? {} : { state: view.state }) }
    const page = { before: view.before, limit: perPage }
    const { rows, next } = parts.ledger.deliveryList.list(session.accountId, filter, page)
    return sendPage(res, {
      title: shortUrl(endpoint.url),
      room: 'hooks',
      notice: noticeOf(query.get('did')) ?? redeliveredNotice(query),
      body: (
        <EndpointPage
          endpoint={endpoint}
          deliveries={rows}
          view={view}
          next={next}
          session={session}
          parts={parts}
        />
      ),
    })
  }
}

/** POST /endpoints/:id/enable and …/disable */
export function switchEndpoint({ ledger, wake, now }: WebParts): RequestHandler {
  return (req, res, next) => {
    const { accountId } = sessionIn(res)
    const { change } = req.params
    if (change !== 'enable' && change !== 'disable') return next()
    const id = idIn(req.params.id)
    if (id === null || ledger.endpoints.find(accountId, id) === undefined) return sendUnknown(res)
    const changed =
      change === 'enable'
        ? ledger.endpoints.enable(accountId, id, now())
        : ledger.endpoints.disable(accountId, id, disabledByHand, now())
    if (changed) wake()
    return res.redirect(303, backTo(req, changed ? `${change}d` : 'unchanged'))
  }
}

function sendUnknown(res: Response): void {
  sendProblem(res, {
    status: 404,
    title: 'There is no such endpoint',
    text: 'It is not among those of your account. The hooks of your account show which there are.',
  })
}
