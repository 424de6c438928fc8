import type { RequestHandler, Response } from 'express'
import { endpointUrl } from '../../endpoint.js'
import type { Endpoints } from '../../ledger/endpoints.js'
import { field } from '../form.js'
import { type PageNotice, sendPage } from '../send-page.js'
import { sessionIn } from '../session.js'
import type { WebParts } from '../web-parts.js'
import { backTo } from './back-to.js'
import { listHooks } from './hook-listing.js'
import { HooksPage, type RefusedHook } from './hooks-page.js'
import { type HooksView, viewOf } from './hooks-view.js'
import { refusalText } from './refusal-text.js'
import { statusOf } from './status-of.js'

interface Shown {
  view: HooksView
  notice: PageNotice | null
  status?: number
  /** What was posted and could not be done. */
  refused?: RefusedHook
}

/** Answers with the page of all hooks. */
export function sendHooks(
  res: Response,
  parts: WebParts,
  { view, notice, status = 200, refused }: Shown,
): void {
  const session = sessionIn(res)
  const listing = listHooks(parts.ledger, session.accountId, view)
  sendPage(res, {
    title: 'Hooks',
    room: 'hooks',
    status,
    notice,
    body: (
      <HooksPage view={view} listing={listing} refused={refused ?? null} session={session} parts={parts} />
    ),
  })
}

/** Registers a hook. What is refused comes back in the form, with the reason. */
export function addHook(parts: WebParts): RequestHandler {
  return async (req, res) => {
    const values = {
      gemName: field(req, 'gem') ?? '',
      url: field(req, 'url') ?? '',
      channel: field(req, 'channel'),
    }
    const { accountId } = sessionIn(res)
    const refuse = (status: number, text: string, endpointId: number | null = null) =>
      sendHooks(res, parts, {
        view: wholeView,
        notice: { tone: 'bad', text },
        status,
        refused: { ...values, endpointId },
      })
    if (values.gemName === '') return refuse(422, 'Say which gem: its name, or * for every gem.')
    if (values.url === '') return refuse(422, 'Say where messages go: an address such as inbox:demo.')
    const created = await parts.desk.create({ accountId, ...values })
    if (!created.ok) {
      const { problem } = created
      const there = problem.code === 'conflict' ? endpointOf(values, accountId, parts.ledger) : null
      return refuse(statusOf(problem.code), refusalText(problem), there)
    }
    return res.redirect(303, backTo(req, 'added'))
  }
}

/** The endpoint that a hook leads to. */
function endpointOf(
  { gemName, url }: Pick<RefusedHook, 'gemName' | 'url'>,
  accountId: number,
  { endpoints }: { endpoints: Endpoints },
): number | null {
  const filter = { gem: gemName, search: endpointUrl(url) }
  const found = endpoints.list(accountId, filter, { after: null, limit: mostAlike })
  const leads = found.find(({ hooks }) => hooks.some((hook) => hook.gemName === gemName && hook.url === url))
  return leads?.id ?? null
}

/** Endpoints whose addresses hold another one whole. */
const mostAlike = 50

/** Removes a hook. */
export function removeHook({ desk }: WebParts): RequestHandler {
  return async (req, res) => {
    const call = { gemName: field(req, 'gem') ?? '', url: field(req, 'url') ?? '', channel: null }
    const removed = await desk.remove({ accountId: sessionIn(res).accountId, ...call })
    res.redirect(303, backTo(req, removed.ok ? 'removed' : 'gone'))
  }
}

const wholeView = viewOf(new URLSearchParams())
