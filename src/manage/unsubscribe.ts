import express, { type Request, type Response, type Router } from 'express'
import type { Logger } from 'pino'
import type { Ledger } from '../ledger/ledger.js'
import type { Signer } from '../secret.js'
import { askPage, donePage, unknownPage } from './unsubscribe-page.js'

/** What the unsubscribe pages are built from. */
interface UnsubscribeParts {
  ledger: Pick<Ledger, 'hooks'>
  /** Made for the purpose `unsubscribe`. */
  signer: Signer
  /** Called when hooks were removed. */
  changed(): void
  /** ms since the epoch */
  now(): number
  log: Logger
}

/** The link with which a recipient ends an endpoint's subscription: the same for every message. */
export function unsubscribeUrl(publicUrl: string, signer: Signer, endpointId: number): string {
  return `${publicUrl}/unsubscribe/${signer.sign(String(endpointId))}`
}

/** The endpoint that a link's token stands for; undefined when the token was not made with this signer. */
export function endpointOf(signer: Signer, token: string): number | undefined {
  const text = signer.verify(token)
  return text === undefined ? undefined : Number(text)
}

/**
 * Where an email's `List-Unsubscribe` leads. GET only asks, since mail scanners follow links; POST, from the page or
 * from a mail program (RFC 8058), removes all hooks of the endpoint. Once more changes nothing.
 */
export function unsubscribeRouter({ ledger, signer, changed, now, log }: UnsubscribeParts): Router {
  const router = express.Router()

  router.get(pattern, (req, res) => {
    if (endpointOf(signer, tokenIn(req)) === undefined) return sendPage(res, 404, unknownPage)
    sendPage(res, 200, askPage)
  })

  router.post(pattern, (req, res) => {
    const endpoint = endpointOf(signer, tokenIn(req))
    if (endpoint === undefined) return sendPage(res, 404, unknownPage)
    const removed = ledger.hooks.removeAddress(endpoint, now())
    log.info({ endpoint, hooks: removed }, 'endpoint unsubscribed')
    changed()
    sendPage(res, 200, donePage)
  })

  return router
}

// Express would decode a named parameter, and fail where it cannot.
const pattern = /^\/unsubscribe\/[^/]+$/

function tokenIn(req: Request): string {
  return req.path.slice('/unsubscribe/'.length)
}

function sendPage(res: Response, status: number, html: string): void {
  res.status(status).set(pageHeaders).send(html)
}

// The address of the page is as good as a password: it stays out of caches, of other sites and of search engines.
const pageHeaders = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'Content-Type': 'text/html; charset=utf-8',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Robots-Tag': 'noindex',
}
