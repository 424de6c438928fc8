import { type RequestHandler, Router } from 'express'
import { sendEmailHtml } from '../previews/email-html.js'
import { queryIn } from '../query-in.js'
import { sendPage } from '../send-page.js'
import { sendProblem } from '../send-problem.js'
import { sessionIn } from '../session.js'
import type { WebParts } from '../web-parts.js'
import { addHook, removeHook, sendHooks } from './change-hooks.js'
import { sendEndpoint, switchEndpoint } from './endpoints.js'
import { fireHook } from './fire-hook.js'
import { createFireThrottle } from './fire-throttle.js'
import { viewOf } from './hooks-view.js'
import { noticeOf } from './notices.js'
import { PreviewPage, type PreviewRequest } from './preview-page.js'
import { statusOf } from './status-of.js'

/** Hooks and endpoints: to look at, to change, to fire, and how messages look before any is sent. */
export function hooksPages(parts: WebParts): Router {
  const router = Router()
  router.get('/hooks', (req, res) => {
    const query = queryIn(req)
    sendHooks(res, parts, { view: viewOf(query), notice: noticeOf(query.get('did')) })
  })
  router.post('/hooks', addHook(parts))
  router.post('/hooks/remove', removeHook(parts))
  // The address of a test fire's page, opened by itself: after signing in anew, for one.
  router.get('/hooks/fire', (_req, res) => res.redirect(303, '/hooks'))
  router.post('/hooks/fire', createFireThrottle(parts), fireHook(parts))
  router.get('/endpoints/:id', sendEndpoint(parts))
  router.post('/endpoints/:id/:change', switchEndpoint(parts))
  router.get('/preview', preview(parts))
  router.get('/preview/email.html', previewEmail(parts))
  return router
}

function preview({ desk }: Pick<WebParts, 'desk'>): RequestHandler {
  return async (req, res) => {
    const request = requestOf(queryIn(req))
    const shown = await desk.preview({ accountId: sessionIn(res).accountId, ...request })
    sendPage(res, {
      title: 'How messages look',
      room: 'hooks',
      ...(shown.ok
        ? {}
        : {
            status: statusOf(shown.problem.code),
            notice: { tone: 'bad', text: shown.problem.message } as const,
          }),
      body: <PreviewPage request={request} preview={shown.ok ? shown.value : null} />,
    })
  }
}

function previewEmail({ desk }: Pick<WebParts, 'desk'>): RequestHandler {
  return async (req, res) => {
    const shown = await desk.preview({ accountId: sessionIn(res).accountId, ...requestOf(queryIn(req)) })
    if (shown.ok) return sendEmailHtml(res, shown.value.email.html)
    const { code, message } = shown.problem
    return sendProblem(res, { status: statusOf(code), title: 'No email to show', text: message })
  }
}

function requestOf(query: URLSearchParams): PreviewRequest {
  return { gemName: query.get('gem')?.trim() || '*', kind: query.get('kind') || null }
}
