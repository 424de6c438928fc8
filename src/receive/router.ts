import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type NextFunction, type Request, type Response, Router } from 'express'
import type { Logger } from 'pino'
import type { ErrorCode, Problem } from '../error.js'
import type { Receipt } from '../ledger/arrivals.js'
import { isStorageTrouble } from '../ledger/open.js'
import { creationTime, parsePayload } from '../payload.js'
import { cut } from '../plain-text.js'
import { readVia, viaHeader } from '../via.js'
import type { Refusal, Verifier } from './authorization.js'
import { createBodyReader } from './body.js'
import type { Calibrated, Calibration } from './calibration.js'
import type { Keep } from './group-commit.js'
import { refusals } from './refusals.js'

export interface ReceiveParts {
  verifier: Verifier
  /** The last path segment that senders must use, or null when none is configured. */
  receiverToken: string | null
  keep: Keep
  calibration: Calibration
  /** Whether the upstream is asked about a claim before anybody is told. */
  confirm: boolean
  now(): number
  log: Logger
}

const longestHeader = 512

/** POST /webhooks/rubygems and /webhooks/rubygems/:token: verify, keep, then answer 2xx (DESIGN law 1). */
export function receiveRouter(parts: ReceiveParts): Router {
  const router = Router()
  const receive = receiver(parts)
  router.post(['/webhooks/rubygems', '/webhooks/rubygems/:token'], receive)
  router.all(['/webhooks/rubygems', '/webhooks/rubygems/:token'], (_request, response) => {
    response.setHeader('Allow', 'POST')
    answer(response, 405, { error: 'Webhooks are sent with POST.' })
  })
  return router
}

function receiver(parts: ReceiveParts) {
  const { verifier, receiverToken, keep, calibration, confirm, now, log } = parts
  const readBody = createBodyReader()

  const refuse = (response: ServerResponse, refusal: Refusal, about: object) => {
    const { error, advice } = refusals[refusal]
    log.warn({ refusal, ...about }, `webhook refused: ${advice}`)
    answer(response, 401, { error })
  }

  /** Tells the sender, who asked for it with a ticket of ours, what its webhook looks like from here. Nothing is kept. */
  const calibrate = async (request: Request, response: Response, ticket: string) => {
    if (!calibration.check(ticket)) return refuse(response, 'ticket', from(request))
    const body = await readBody(request)
    if (!body.ok) return reject(response, body.problem)
    const payload = parsePayload(body.value)
    if (!payload.ok) return reject(response, payload.problem)
    const { name, version } = payload.value
    const header = request.headers.authorization
    const authorization = header === undefined ? null : cut(header, longestHeader)
    answer(response, 200, {
      status: 'calibration',
      name,
      version,
      authorization,
      ticket,
    } satisfies Calibrated)
  }

  return async (request: Request, response: Response, next: NextFunction) => {
    if (receiverToken !== null && !sameText(tokenOf(request), receiverToken))
      return refuse(response, 'token', from(request))
    const ticket = ticketIn(request)
    if (ticket !== null) return calibrate(request, response, ticket)
    const header = request.headers.authorization
    const formRefusal = verifier.checkForm(header)
    if (formRefusal !== null || header === undefined)
      return refuse(response, formRefusal ?? 'missing', from(request))

    const body = await readBody(request)
    if (!body.ok) return reject(response, body.problem)
    const payload = parsePayload(body.value)
    if (!payload.ok) return reject(response, payload.problem)

    const { name, version, platform, yanked } = payload.value
    const refusal = verifier.check(header, name, version)
    if (refusal !== null) return refuse(response, refusal, { ...from(request), gem: name, version })

    try {
      const receivedAt = now()
      const arrival = {
        gemName: name,
        number: version,
        platform,
        yanked,
        payload: body.value,
        receivedAt,
        createdAt: creationTime(payload.value, receivedAt),
        source: 'webhook' as const,
        toCheck: confirm,
        via: readVia(request.headers[viaHeader]),
      }
      accept(response, await keep(arrival))
    } catch (error) {
      if (!isStorageTrouble(error)) return next(error)
      log.error(
        { err: error, gem: name, version },
        'webhook not kept: the ledger cannot be written; check disk space and permissions of DATA_DIR',
      )
      response.setHeader('Retry-After', '5')
      answer(response, 503, { error: 'The event could not be stored. Send it again.' })
    }
  }
}

function tokenOf(request: Request): string {
  const { token } = request.params
  return typeof token === 'string' ? token : ''
}

/** Null for an ordinary webhook, whose query is not even parsed. */
function ticketIn(request: Request): string | null {
  if (!request.url.includes('calibrate=')) return null
  const { calibrate } = request.query
  return calibrate === undefined ? null : String(calibrate)
}

// Digests have one length, so comparing them tells nothing about the token's.
function sameText(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
}

function from(request: IncomingMessage): { remoteAddress: string | undefined } {
  return { remoteAddress: request.socket.remoteAddress }
}

const statusOf: Partial<Record<ErrorCode, number>> = {
  invalid: 400,
  throttled: 408,
  too_large: 413,
  unsupported: 415,
}

function reject(response: ServerResponse, problem: Problem): void {
  answer(response, statusOf[problem.code] ?? 500, { error: problem.message })
}

function accept(response: ServerResponse, receipt: Receipt): void {
  if (receipt.status === 'crowded') refuseCrowded(response)
  else if (receipt.status === 'duplicate')
    answer(response, 200, { status: 'duplicate', event: receipt.eventId })
  else answer(response, 202, { status: 'accepted', event: receipt.eventId })
}

function refuseCrowded(response: ServerResponse): void {
  response.setHeader('Retry-After', '65')
  answer(response, 429, {
    error: 'Too many claims about this number wait to be checked, so this one was not kept. Send it again.',
  })
}

/** Answers JSON; a body that was not read to its end is not waited for, so the connection closes after the answer. */
function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  if (!response.req.complete) response.setHeader('Connection', 'close')
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  })
  response.end(text)
}
