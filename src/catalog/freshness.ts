import { createHash } from 'node:crypto'

/** What tells two states of an answer apart. */
export interface Validators {
  /** A weak entity tag, with its quotes. */
  etag: string
  /** ms since the epoch; null when only the tag tells. */
  lastModified: number | null
}

/** What a client says it has: the values of `If-None-Match` and `If-Modified-Since`. */
export interface Held {
  etags: string | undefined
  since: string | undefined
}

/** A weak entity tag for everything that these texts stand for. */
export function etagOf(...texts: readonly string[]): string {
  return etagOfBody([Buffer.from(texts.join('\n'))])
}

/** A weak entity tag for a body, however it is sliced. */
export function etagOfBody(slices: readonly Buffer[]): string {
  const hash = createHash('sha256')
  for (const slice of slices) hash.update(slice)
  return `W/"${hash.digest('hex').slice(0, 32)}"`
}

/** Whether a client has this state already. A tag says more than a time, so it goes first (RFC 9110 §13.2.2). */
export function isHeld({ etag, lastModified }: Validators, { etags, since }: Held): boolean {
  if (etags !== undefined) return etags.split(',').some((held) => held.trim() === '*' || isSame(held, etag))
  if (since === undefined || lastModified === null) return false
  return Date.parse(since) >= wholeSeconds(lastModified)
}

/** `ETag`, and `Last-Modified` where there is one. */
export function validatorHeaders({ etag, lastModified }: Validators): Record<string, string> {
  if (lastModified === null) return { ETag: etag }
  return { ETag: etag, 'Last-Modified': new Date(lastModified).toUTCString() }
}

function isSame(held: string, etag: string): boolean {
  return opaque(held.trim()) === opaque(etag)
}

function opaque(tag: string): string {
  return tag.replace(/^W\//, '')
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}
