import type { RequestListener } from 'node:http'
import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import type { Logger } from 'pino'
import { secureHeaders } from './web/secure-headers.js'

export interface AppParts {
  receive: Router
  manage: Router
  catalog: Router
  api: Router
  feeds: Router
  web: Router
  unsubscribe: Router
  health: Router
  metrics: Router
  log: Logger
}

/** The whole HTTP surface, without a port. */
export function createApp({
  receive,
  manage,
  catalog,
  api,
  feeds,
  web,
  unsubscribe,
  health,
  metrics,
  log,
}: AppParts): RequestListener {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use(secureHeaders)
  app.use(receive)
  app.use(manage)
  app.use(catalog)
  app.use(health)
  app.use(metrics)
  app.use(unsubscribe)
  app.use(api)
  app.use(feeds)
  app.use(web)
  app.use(answerNotFound)
  app.use(answerError(log))
  // A target that Express cannot parse passes all of these by, and Express would answer it in HTML.
  return (incoming, outgoing) => {
    const [request, response] = [incoming as Request, outgoing as Response]
    app(request, response, () => secureHeaders(request, response, () => answerNotFound(request, response)))
  }
}

function answerNotFound(_request: Request, response: Response): void {
  response.status(404).json({ error: 'There is nothing here.' })
}

function answerError(log: Logger) {
  // Express tells an error handler by its four parameters.
  return (error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const status = clientErrorOf(error)
    if (status === undefined)
      log.error({ err: error, method: request.method }, 'request failed: this is a bug in gemherald')
    if (response.headersSent) return response.destroy()
    return response.status(status ?? 500).json({
      error: status === undefined ? 'gemherald failed. The log says why.' : 'The request cannot be read.',
    })
  }
}

function clientErrorOf(error: unknown): number | undefined {
  const status = (error as { status?: unknown } | null)?.status
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined
}
