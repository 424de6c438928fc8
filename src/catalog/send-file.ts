import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import { type Answer, cacheControl, send, text } from './answer.js'
import { type ByteRange, readRange } from './byte-range.js'
import { isHeld } from './freshness.js'
import type { IndexFile } from './index-file.js'

/**
 * Answers with a file of the compact index, or with the part of it that is asked for, as quickly as the client takes it:
 * only a few slices are in memory at a time. Rejects when the client goes away before the end.
 */
export async function sendFile(file: IndexFile, req: Request, res: Response): Promise<void> {
  const { etag, headers } = headersOf(file)
  const held = { etags: req.headers['if-none-match'], since: undefined }
  if (isHeld({ etag, lastModified: null }, held)) return send(res, { status: 304, headers, body: '' })
  const range = askedRange(req, etag, file.bytes)
  if (range === 'beyond') return send(res, beyond(file.bytes))
  await sendPart(file, range, headers, req, res)
}

async function sendPart(
  file: IndexFile,
  range: ByteRange | 'whole',
  headers: Record<string, string>,
  req: Request,
  res: Response,
): Promise<void> {
  const { from, until } = range === 'whole' ? { from: 0, until: file.bytes } : range
  const part = range === 'whole' ? {} : { 'Content-Range': `bytes ${from}-${until - 1}/${file.bytes}` }
  res.removeHeader('X-Powered-By')
  res.writeHead(range === 'whole' ? 200 : 206, {
    'Content-Type': 'text/plain; charset=utf-8',
    ...headers,
    ...part,
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': until - from,
  })
  if (req.method === 'HEAD') res.end()
  else await pipeline(Readable.from(file.read(from, until), { highWaterMark: 1 }), res)
}

/** As upstream's, the tag is the MD5: old Bundlers check what they have with it, newer ones with the digest. */
function headersOf({ md5, sha256 }: IndexFile) {
  const etag = `"${md5}"`
  const headers = {
    'Cache-Control': cacheControl.public,
    ETag: etag,
    'Repr-Digest': `sha-256=:${sha256}:`,
    'Accept-Ranges': 'bytes',
  }
  return { etag, headers }
}

function beyond(bytes: number): Answer {
  const { status, headers, body } = text(416, '')
  return { status, headers: { ...headers, 'Content-Range': `bytes */${bytes}` }, body }
}

function askedRange(
  { method, headers }: Request,
  etag: string,
  bytes: number,
): ByteRange | 'whole' | 'beyond' {
  const condition = headers['if-range']
  const isAsked = method === 'GET' && (condition === undefined || condition === etag)
  return isAsked ? readRange(headers.range, bytes) : 'whole'
}
