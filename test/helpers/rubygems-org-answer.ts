import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** A request as the stand-in's parts see it. */
export interface OrgRequest {
  method: string
  /** Without the query. */
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: Buffer
}

/** What the stand-in answers. */
export interface OrgAnswer {
  status: number
  headers: Record<string, string>
  body: string | Buffer
}

/** Plain text, as most of the API's errors are. */
export function text(status: number, body: string, headers: Record<string, string> = {}): OrgAnswer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers }, body }
}

/** JSON as controllers write it: not escaped for HTML. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): OrgAnswer {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  }
}

/** What the framework says to a path that leads nowhere. */
export function noRoute(path: string): OrgAnswer {
  return path.endsWith('.json') ? json(404, { status: 404, error: 'Not Found' }) : text(404, '')
}

/** An ISO time with milliseconds, as everywhere but in the compact index. */
export function iso(time: number): string {
  return new Date(time).toISOString()
}

/**
 * Adds a weak ETag, and `Last-Modified` where there is a time, and answers 304 when the request has the same. A given
 * ETag decides alone.
 */
export function conditional(request: OrgRequest, answer: OrgAnswer, modified: number | null): OrgAnswer {
  if (answer.status !== 200) return answer
  const etag = `W/"${createHash('md5').update(answer.body).digest('hex')}"`
  const lastModified = modified === null ? null : new Date(modified).toUTCString()
  const headers = {
    ...answer.headers,
    ETag: etag,
    ...(lastModified === null ? {} : { 'Last-Modified': lastModified }),
  }
  const given = request.headers['if-none-match']
  const same =
    given === undefined
      ? lastModified !== null && request.headers['if-modified-since'] === lastModified
      : given === etag
  return same ? { status: 304, headers, body: '' } : { ...answer, headers }
}
