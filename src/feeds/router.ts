import express, { type Request, type RequestHandler, type Response, type Router } from 'express'
import { etagOf } from '../catalog/freshness.js'
import { atomFeed, type Feed } from './atom.js'
import { inboxFeed } from './inbox-feed.js'
import type { FeedParts } from './parts.js'
import { readerOf } from './reader.js'
import { releaseFeed } from './release-feed.js'

export type { FeedParts } from './parts.js'

/** Atom feeds: of all releases, of a gem's, for everybody, and of an inbox, for its account. */
export function feedsRouter(parts: FeedParts): Router {
  const router = express.Router()

  router.get('/feed.atom', (_req, res) => {
    sendFeed(res, releaseFeed(null, parts), 'public, max-age=60')
  })

  router.get('/gems/:name.atom', (req: Request<{ name: string }>, res) => {
    const { name } = req.params
    if (!parts.ledger.releases.knowsGem(name)) return sendText(res, 404, 'This gem could not be found')
    sendFeed(res, releaseFeed(name, parts), 'public, max-age=60')
  })

  router.get('/inbox/:name.atom', (req: Request<{ name: string }>, res) => {
    const { name } = req.params
    const accountId = readerOf(req, name, parts)
    if (accountId === undefined) {
      res.set('WWW-Authenticate', 'Basic realm="gemherald", charset="UTF-8"')
      return sendText(res, 401, denied)
    }
    const feed = inboxFeed(accountId, name, parts)
    if (feed === undefined) return sendText(res, 404, 'There is no inbox with this name.')
    res.set('Vary', 'Authorization, Cookie')
    sendFeed(res, feed, 'private, no-cache')
  })

  router.all(['/feed.atom', '/gems/:name.atom', '/inbox/:name.atom'], onlyRead)
  return router
}

const denied =
  'Access denied. Use the link that the inbox shows, or send an API key of this server as the password.'

const onlyRead: RequestHandler = (_req, res) => {
  res.set('Allow', 'GET, HEAD')
  sendText(res, 405, 'A feed can only be read.')
}

/** Express answers 304 to whoever has the feed already. */
function sendFeed(res: Response, feed: Feed, caching: string): void {
  const xml = atomFeed(feed)
  res.status(200).set({
    'Cache-Control': caching,
    'Content-Type': 'application/atom+xml; charset=utf-8',
    ETag: etagOf(xml),
  })
  res.send(xml)
}

function sendText(res: Response, status: number, text: string): void {
  res.status(status).set({ 'Cache-Control': 'no-store', 'Content-Type': 'text/plain; charset=utf-8' })
  res.send(`${text}\n`)
}
