import type { Response } from 'express'
import { yamlDocument } from '../yaml.js'
import { etagOf, etagOfBody, isHeld, type Validators, validatorHeaders } from './freshness.js'
import { writeList } from './list.js'
import type { Call } from './parts.js'

/** A whole answer: these headers and no others, but what HTTP itself adds. */
export interface Answer {
  status: number
  headers: Record<string, string>
  /** A long one is in slices. */
  body: string | readonly Buffer[]
}

/** Anybody may keep an answer for a minute, or only who asked, to check it every time (protocol/rubygems-api.md §2). */
export const cacheControl = { public: 'max-age=60, public', private: 'max-age=0, private, must-revalidate' }

/** A value as JSON or YAML; 304 when the client has that text already. */
export function found(value: unknown, call: Call, caching: keyof typeof cacheControl): Answer {
  const body = write(value, call)
  return unlessHeld({ etag: etagOf(body), lastModified: null }, call, caching, () => body)
}

/** The same for a list, of each entry its payload: others get their turn while it is written. Throws when the client goes. */
export async function foundList<Entry>(
  entries: readonly Entry[],
  payloadOf: (entry: Entry) => object,
  call: Call,
  caching: keyof typeof cacheControl,
): Promise<Answer> {
  const body = await writeList(entries, payloadOf, call)
  return unlessHeld({ etag: etagOfBody(body), lastModified: null }, call, caching, () => body)
}

/** Plain text, to be checked every time; 304 likewise. */
export function foundText(body: string, { held }: Call): Answer {
  const validators = { etag: etagOf(body), lastModified: null }
  const headers = { 'Cache-Control': cacheControl.private, ...validatorHeaders(validators) }
  if (isHeld(validators, held)) return { status: 304, headers, body: '' }
  return { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers }, body }
}

/** A value with validators that are known before the value is. */
export function foundUnlessHeld(validators: Validators, call: Call, value: () => unknown): Answer {
  return unlessHeld(validators, call, 'public', () => write(value(), call))
}

/** The same for a list, as `foundList` writes it. */
export async function foundListUnlessHeld<Entry>(
  validators: Validators,
  call: Call,
  entries: () => readonly Entry[],
  payloadOf: (entry: Entry) => object,
): Promise<Answer> {
  const answer = unlessHeld(validators, call, 'public', () => writeList(entries(), payloadOf, call))
  return { ...answer, body: await answer.body }
}

/** A refusal as plain text. */
export function text(status: number, body: string): Answer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...notKept }, body }
}

/** A refusal as JSON: `{"error":…}`, whatever the format. */
export function jsonError(status: number, error: string): Answer {
  const headers = { 'Content-Type': 'application/json; charset=utf-8', ...notKept }
  return { status, headers, body: JSON.stringify({ error }) }
}

/** Says where to go instead. */
export function redirect(location: string): Answer {
  return {
    status: 302,
    headers: { 'Content-Type': 'text/html; charset=utf-8', Location: location, ...notKept },
    body: '',
  }
}

/** Sends an answer without any header that Express adds. */
export function send(res: Response, { status, headers, body }: Answer): void {
  res.removeHeader('X-Powered-By')
  const slices = typeof body === 'string' ? [Buffer.from(body)] : body
  const bytes = slices.reduce((sum, slice) => sum + slice.length, 0)
  const length = status === 304 ? {} : { 'Content-Length': bytes }
  // Much of what is answered was written by strangers: no browser is to take it for a page.
  res.writeHead(status, { ...headers, 'X-Content-Type-Options': 'nosniff', ...length })
  for (const slice of slices) res.write(slice)
  res.end()
}

const notKept = { 'Cache-Control': 'no-cache' }

function unlessHeld<Body>(
  validators: Validators,
  { held, format }: Call,
  caching: keyof typeof cacheControl,
  body: () => Body,
): Omit<Answer, 'body'> & { body: Body | '' } {
  const headers = { 'Cache-Control': cacheControl[caching], ...validatorHeaders(validators) }
  if (isHeld(validators, held)) return { status: 304, headers, body: '' }
  return { status: 200, headers: { ...contentHeaders[format], ...headers }, body: body() }
}

const contentHeaders = {
  json: { 'Content-Type': 'application/json; charset=utf-8' },
  yaml: {
    'Content-Type': 'text/yaml',
    'Content-Disposition': 'attachment',
    'Content-Transfer-Encoding': 'binary',
  },
}

function write(value: unknown, { format }: Call): string {
  return format === 'yaml' ? yamlDocument(value) : JSON.stringify(value)
}
