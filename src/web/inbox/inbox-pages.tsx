import { type Request, type RequestHandler, Router } from 'express'
import { announce } from '../../channels/announcement.js'
import { inboxOf } from '../../endpoint.js'
import type { InboxMessage } from '../../ledger/inbox.js'
import { storedPreview } from '../../manage/stored-preview.js'
import { idIn } from '../id-in.js'
import { onePage } from '../one-page.js'
import { sendEmailHtml } from '../previews/email-html.js'
import { queryIn } from '../query-in.js'
import { sendPage } from '../send-page.js'
import { sessionIn } from '../session.js'
import type { WebParts } from '../web-parts.js'
import { feedPath } from './feed-path.js'
import { InboxPage } from './inbox-page.js'
import { inboxPath } from './inbox-path.js'
import { InboxesPage } from './inboxes-page.js'
import { MessagePage } from './message-page.js'

const perPage = 25
const inboxesOnPage = 50

/** Inboxes, what is kept in them, and each message as the three channels send it. */
export function inboxPages(parts: WebParts): Router {
  const router = Router()
  router.get('/inbox', sendInboxes(parts))
  router.get('/inbox/:name', sendInbox(parts))
  router.get('/inbox/:name/:id', sendMessage(parts))
  router.get('/inbox/:name/:id/email.html', sendEmail(parts))
  return router
}

function sendInboxes({ ledger, now }: WebParts): RequestHandler {
  return (req, res) => {
    const { accountId, csrf } = sessionIn(res)
    const after = inboxOf(`inbox:${queryIn(req).get('after') ?? ''}`)
    const { rows, last } = onePage(inboxesOnPage, (limit) => ledger.inbox.names(accountId, { after, limit }))
    const next = last && `/inbox?after=${last.name}`
    sendPage(res, {
      title: 'Inbox',
      room: 'inbox',
      body: <InboxesPage inboxes={rows} isFirst={after === null} next={next} csrf={csrf} now={now()} />,
    })
  }
}

/** An inbox that holds nothing yet may be looked at, too: its page says how to have messages sent there. */
function sendInbox(parts: WebParts): RequestHandler {
  return (req, res, next) => {
    const { accountId, keyId, csrf } = sessionIn(res)
    const name = inboxOf(`inbox:${req.params.name}`)
    if (name === null) return next()
    const before = idIn(queryIn(req).get('before'))
    const { inbox } = parts.ledger
    const { rows, last } = onePage(perPage, (limit) => inbox.list(accountId, name, { before, limit }))
    const feed = feedPath(parts, keyId, name)
    return sendPage(res, {
      title: `Inbox ${name}`,
      room: 'inbox',
      feed: { href: feed, title: `Inbox ${name}` },
      body: (
        <InboxPage
          name={name}
          messages={rows}
          newest={before === null ? null : inboxPath(name)}
          older={last && `${inboxPath(name)}?before=${last.id}`}
          feed={feed}
          publicUrl={parts.publicUrl()}
          csrf={csrf}
          now={parts.now()}
        />
      ),
    })
  }
}

function sendMessage(parts: WebParts): RequestHandler {
  return (req, res, next) => {
    const { accountId } = sessionIn(res)
    const kept = keptIn(req, accountId, parts)
    if (kept === undefined) return next()
    return sendPage(res, {
      title: announce(kept.message).title,
      room: 'inbox',
      body: (
        <MessagePage
          kept={kept}
          preview={storedPreview(kept, accountId, parts.setup.mailFrom)}
          now={parts.now()}
        />
      ),
    })
  }
}

function sendEmail(parts: WebParts): RequestHandler {
  return (req, res, next) => {
    const { accountId } = sessionIn(res)
    const kept = keptIn(req, accountId, parts)
    if (kept === undefined) return next()
    return sendEmailHtml(res, storedPreview(kept, accountId, parts.setup.mailFrom).email.html)
  }
}

function keptIn(req: Request, accountId: number, { ledger }: WebParts): InboxMessage | undefined {
  const name = inboxOf(`inbox:${req.params.name}`)
  const id = idIn(req.params.id)
  return name === null || id === null ? undefined : ledger.inbox.find(accountId, name, id)
}
