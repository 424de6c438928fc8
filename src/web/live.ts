import type { Request, Response } from 'express'
import { sessionOf } from './session.js'
import type { WebParts } from './web-parts.js'

/** Tells open pages that something has changed (Server-Sent Events). */
export interface Live {
  /** Something that pages show has changed. As cheap as it can be when no page is open. */
  changed(): void
  /** Ends all connections at once and takes no more. */
  stop(): void
  /** Answers GET /live: 401 without a session, 503 when too many are connected. */
  connect(req: Request, res: Response): void
}

/** What live updates are built from. */
interface LiveParts extends Pick<WebParts, 'ledger' | 'csrfSigner' | 'now' | 'log'> {
  /** Calls `work` after `ms`, once, until the function that it gives is called; the system's timers unless told. */
  after?: After
}

type After = (ms: number, work: () => void) => () => void

const betweenMs = 500
const heartbeatMs = 15_000
const mostConnections = 100
const mostOfAccount = 10
/** A client that does not read is hung up on when this much waits for it, bytes. */
const mostWaiting = 16_384
const goodbyeMs = 2_000

export function createLive({ after = systemAfter, ...parts }: LiveParts): Live {
  const connections = new Map<Response, { req: Request; accountId: number }>()
  let stopped = false
  let resting: (() => void) | undefined
  let changedMeanwhile = false
  let cancelHeartbeat: (() => void) | undefined

  const end = (res: Response) => {
    connections.delete(res)
    res.end()
    res.socket?.setTimeout(goodbyeMs)
  }
  const send = (res: Response, text: string) => {
    if (res.writableLength > mostWaiting) {
      connections.delete(res)
      res.destroy()
    } else res.write(text)
  }
  const tellAll = () => {
    for (const res of connections.keys()) send(res, 'data: changed\n\n')
    changedMeanwhile = false
    resting = after(betweenMs, () => {
      resting = undefined
      if (changedMeanwhile) tellAll()
    })
  }
  const heartbeat = () => {
    for (const [res, { req }] of connections) {
      if (mayStay(req)) send(res, ': still here\n\n')
      else {
        res.write('event: ended\ndata: the session has ended\n\n')
        end(res)
      }
    }
    cancelHeartbeat = connections.size === 0 ? undefined : after(heartbeatMs, heartbeat)
  }
  const mayStay = (req: Request): boolean => {
    try {
      return sessionOf(req, parts) !== undefined
    } catch (error) {
      parts.log.warn({ err: error }, 'not known whether a session has ended: the ledger cannot be read')
      return true
    }
  }
  const isTooMuch = (accountId: number): boolean =>
    stopped ||
    connections.size >= mostConnections ||
    [...connections.values()].filter((one) => one.accountId === accountId).length >= mostOfAccount

  return {
    changed() {
      if (connections.size === 0) return
      if (resting === undefined) tellAll()
      else changedMeanwhile = true
    },

    stop() {
      stopped = true
      resting?.()
      cancelHeartbeat?.()
      for (const res of [...connections.keys()]) end(res)
    },

    connect(req, res) {
      res.set('Cache-Control', 'no-store, no-transform')
      const session = sessionOf(req, parts)
      if (session === undefined) return void res.status(401).type('text/plain').send('Sign in again.\n')
      if (isTooMuch(session.accountId))
        return void res
          .status(503)
          .set('Retry-After', '30')
          .type('text/plain')
          .send('Too many pages are open, or the server stops.\n')
      // No limit for what is meant to last; and the connection ends with the answer, so that a stop need not wait for it.
      req.socket.setTimeout(0)
      res.set({ 'Content-Type': 'text/event-stream', Connection: 'close', 'X-Accel-Buffering': 'no' })
      res.flushHeaders()
      res.write('retry: 2000\n\n')
      connections.set(res, { req, accountId: session.accountId })
      res.on('close', () => connections.delete(res))
      cancelHeartbeat ??= after(heartbeatMs, heartbeat)
    },
  }
}

const systemAfter: After = (ms, work) => {
  const timer = setTimeout(work, ms).unref()
  return () => clearTimeout(timer)
}
