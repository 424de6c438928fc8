import type { IncomingMessage } from 'node:http'
import { fail, ok, type Result } from '../error.js'

/** The largest body that is read, in bytes. */
export const largestBody = 1024 * 1024

/**
 * Reads a JSON request's body as it is, up to 1 MiB. Fails with `unsupported` for another content type, charset or a
 * compressed body, with `too_large`, and with `invalid` when the sender breaks off.
 */
export async function readBody(request: IncomingMessage): Promise<Result<Buffer>> {
  const refused = checkHeaders(request)
  return refused ?? collect(request)
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

function collect(request: IncomingMessage): Promise<Result<Buffer>> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= largestBody) chunks.push(chunk)
      else resolve(tooLarge)
    })
    request.on('end', () => resolve(ok(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))))
    request.on('error', () => resolve(fail('invalid', 'The body broke off before its end.')))
  })
}
