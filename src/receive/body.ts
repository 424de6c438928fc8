import type { IncomingMessage } from 'node:http'
import { fail, ok, type Result } from '../error.js'
import { type BeginBody, createUnfinished } from './unfinished.js'

/** The largest body that is read, in bytes. */
export const largestBody = 1024 * 1024

const mostUnfinished = 64 * 1024 * 1024

/** Reads a request's body. */
export type ReadBody = (request: IncomingMessage) => Promise<Result<Buffer>>

/**
 * Makes a function that reads a JSON request's body as it is, up to 1 MiB. It fails with `unsupported` for another content
 * type, charset or a compressed body, with `too_large`, with `invalid` when the sender breaks off, and with `throttled` when
 * the body was begun first of those under way while they hold more than `most` bytes in all (64 MiB unless told).
 */
export function createBodyReader(most = mostUnfinished): ReadBody {
  const begin = createUnfinished(most)
  return async (request) => checkHeaders(request) ?? collect(request, begin)
}

function checkHeaders(request: IncomingMessage): Result<never> | undefined {
  const { 'content-type': type, 'content-encoding': encoding, 'content-length': length } = request.headers
  if (!isJson(type))
    return fail('unsupported', `Content-Type must be application/json in UTF-8; it is ${type ?? 'missing'}.`)
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return fail('unsupported', `The body must not be compressed; Content-Encoding is ${encoding}.`)
  if (Number(length) > largestBody) return tooLarge
  return undefined
}

const tooLarge = fail('too_large', 'The body is larger than 1 MiB.')

function isJson(contentType: string | undefined): boolean {
  if (contentType === undefined) return false
  const [type, ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  return type === 'application/json' && (charset === undefined || /^charset="?utf-?8"?$/.test(charset))
}

function collect(request: IncomingMessage, begin: BeginBody): Promise<Result<Buffer>> {
  return new Promise((resolve) => {
    const body = begin(() => resolve(tooSlow))
    const refuse = (refusal: Result<never>) => {
      body.take()
      resolve(refusal)
    }
    request.on('data', (chunk: Buffer) => {
      if (body.size + chunk.length > largestBody) refuse(tooLarge)
      else body.add(chunk)
    })
    request.on('end', () => resolve(ok(body.take())))
    // Last of all, however it ended: nothing of a body that broke off is held any longer.
    request.on('close', () => refuse(fail('invalid', 'The body broke off before its end.')))
  })
}

const tooSlow = fail('throttled', 'The body came too slowly while many others were under way. Send it again.')
