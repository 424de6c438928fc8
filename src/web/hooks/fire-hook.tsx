import type { RequestHandler } from 'express'
import { previewOf } from '../../channels/preview.js'
import { inboxOf } from '../../endpoint.js'
import type { InboxMessage } from '../../ledger/inbox.js'
import type { Fired } from '../../manage/fire.js'
import { type PageNotice, sendPage } from '../send-page.js'
import { sendProblem } from '../send-problem.js'
import { sessionIn } from '../session.js'
import type { WebParts } from '../web-parts.js'
import { FirePage } from './fire-page.js'
import { fireRequestIn } from './fire-request.js'
import { shortUrl } from './short-url.js'
import { statusOf } from './status-of.js'

const title = 'Test fire'

/** POST /hooks/fire: sends one test message, and shows it beside the answer. */
export function fireHook(parts: WebParts): RequestHandler {
  return async (req, res) => {
    const session = sessionIn(res)
    const request = fireRequestIn(req)
    if (request === null)
      return sendProblem(res, { status: 422, title, text: 'Nothing was sent: name a gem and an address.' })
    const { gemName, url, channel, kind } = request
    const fired = await parts.desk.fire({ accountId: session.accountId, gemName, url, channel, kind })
    if (!fired.ok) {
      const { code, message } = fired.problem
      return sendProblem(res, { status: statusOf(code), title, text: `Nothing was sent. ${message}` })
    }
    const { job, attempt } = fired.value
    return sendPage(res, {
      title,
      room: 'hooks',
      notice: noticeOf(fired.value),
      body: (
        <FirePage
          request={request}
          fired={fired.value}
          preview={previewOf(job, parts.setup.mailFrom, attempt.startedAt)}
          kept={keptOf(fired.value, parts)}
          session={session}
          now={parts.now()}
        />
      ),
    })
  }
}

function noticeOf({ job, attempt }: Fired): PageNotice {
  const name = shortUrl(job.url)
  if (attempt.verdict === 'succeeded') return { tone: 'good', text: `Delivered to ${name}.` }
  const again = attempt.verdict === 'retry' ? ' A real message would be tried again later.' : ''
  return { tone: 'bad', text: `Not delivered to ${name}. The error below says why.${again}` }
}

const mostLooked = 20

/** The inbox numbers its messages itself: ours is one of the newest. */
function keptOf({ job }: Fired, { ledger }: Pick<WebParts, 'ledger'>): InboxMessage | undefined {
  const name = job.channel === 'inbox' ? inboxOf(job.url) : null
  if (name === null) return undefined
  const newest = ledger.inbox.list(job.accountId, name, { before: null, limit: mostLooked })
  return newest.find(({ message }) => message.id === job.message.id)
}
