import { createHash } from 'node:crypto'
import type { OutboundAnswer } from '../outbound/client.js'
import { type InfoLine, infoLines } from './compact-index-lines.js'
import { type CachedAsk, usableEtag } from './conditional-cache.js'
import { refuseName } from './names.js'
import type { Ask } from './request.js'
import { type CallOptions, failure, type UpstreamFailure, type UpstreamResult } from './result.js'

/** The compact index's `/versions`, to be kept and handed back the next time. */
export interface VersionsCopy {
  bytes: Buffer
  etag: string | null
}

/** What became of a copy. */
export interface VersionsUpdate {
  copy: VersionsCopy
  /** `replaced`: the upstream made the file anew, as it does every month, or there was no copy before. */
  change: 'unchanged' | 'appended' | 'replaced'
  /** Where in `copy.bytes` that begins which the copy before did not have: for `versionsLines`. */
  newFrom: number
}

/** The compact index (protocol/rubygems-api.md §6, §8.3). */
export interface CompactIndex {
  /** Brings a copy of `/versions` up to date, asking for the end of it only where that will do. */
  versionsIndex(copy: VersionsCopy | null, options?: CallOptions): Promise<UpstreamResult<VersionsUpdate>>
  /** A gem's releases that are not yanked, in order of creation. */
  info(name: string, options?: CallOptions): Promise<UpstreamResult<InfoLine[]>>
}

const limits = {
  versions: { timeoutMs: 120_000, maxBytes: 64 * 1024 * 1024 },
  info: { timeoutMs: 15_000, maxBytes: 16 * 1024 * 1024 },
}

/** `ask` is for the large file, which the caller keeps; `askCached` for the small ones. */
export function createCompactIndex(ask: Ask, askCached: CachedAsk): CompactIndex {
  const askVersions = (headers: Record<string, string>, options: CallOptions | undefined) =>
    ask({ ...options, ...get('/versions'), ...limits.versions, headers: { ...asText, ...headers } })

  const readWhole = async (
    copy: VersionsCopy | null,
    options: CallOptions | undefined,
  ): Promise<UpstreamResult<VersionsUpdate>> => {
    const answer = await askVersions({}, options)
    return answer.ok ? takeWhole(answer.value, copy) : answer
  }

  return {
    async versionsIndex(copy, options) {
      if (copy === null || copy.bytes.length === 0) return readWhole(null, options)
      const answer = await askVersions(conditionsFor(copy), options)
      if (!answer.ok) return answer.problem.status === 416 ? readWhole(copy, options) : answer
      if (answer.value.status === 304) return { ok: true, value: unchanged(copy) }
      if (answer.value.status !== 206) return takeWhole(answer.value, copy)
      const update = append(answer.value, copy)
      return update === null ? readWhole(copy, options) : { ok: true, value: update }
    },
    async info(name, options) {
      const refusal = refuseName('gem', name)
      if (refusal !== null) return refusal
      const answer = await askCached({
        ...options,
        ...get(`/info/${name}`),
        ...limits.info,
        headers: asText,
      })
      if (!answer.ok) return answer
      const { body } = answer.value
      if (digestOf(answer.value, body) === 'wrong') {
        askCached.forget(`/info/${name}`)
        return damaged(`/info/${name}`)
      }
      return { ok: true, value: [...infoLines(body)] }
    },
  }
}

const asText = { accept: 'text/plain' }

function get(path: string) {
  return { method: 'GET', lane: 'host', keyed: false, path } as const
}

/** From the last byte that is there already: so the answer is never empty. */
function conditionsFor({ bytes, etag }: VersionsCopy): Record<string, string> {
  const usable = usableEtag(etag ?? undefined)
  return {
    range: `bytes=${bytes.length - 1}-`,
    ...(usable === null ? {} : { 'if-none-match': usable }),
  }
}

function unchanged(copy: VersionsCopy): VersionsUpdate {
  return { copy, change: 'unchanged', newFrom: copy.bytes.length }
}

/** Null unless the digest proves that the end fits the copy. */
function append(answer: OutboundAnswer, copy: VersionsCopy): VersionsUpdate | null {
  const { body, headers } = answer
  const had = copy.bytes.length
  const bytes = Buffer.concat([copy.bytes, body.subarray(1)])
  if (digestOf(answer, bytes) !== 'right' || !isIndex(bytes)) return null
  const change = bytes.length === had ? 'unchanged' : 'appended'
  return { copy: { bytes, etag: usableEtag(headers.etag) }, change, newFrom: had }
}

function takeWhole(answer: OutboundAnswer, before: VersionsCopy | null): UpstreamResult<VersionsUpdate> {
  const { body: bytes, status } = answer
  if (status !== 200)
    return failure('unavailable', `/versions was answered ${status} where all of it was asked for.`, {
      status,
    })
  if (digestOf(answer, bytes) === 'wrong' || !isIndex(bytes)) return damaged('/versions')
  const copy = { bytes, etag: usableEtag(answer.headers.etag) }
  const had = before?.bytes.length ?? 0
  if (before === null || !bytes.subarray(0, had).equals(before.bytes))
    return { ok: true, value: { copy, change: 'replaced', newFrom: 0 } }
  const change = bytes.length === had ? 'unchanged' : 'appended'
  return { ok: true, value: { copy, change, newFrom: had } }
}

/** Whether `bytes` are what `Repr-Digest` (RFC 9530) says the whole file is. */
function digestOf({ headers }: OutboundAnswer, bytes: Buffer): 'right' | 'wrong' | 'unknown' {
  const digest = /(?:^|[,\s])sha-256=:([A-Za-z0-9+/]+=*):/.exec(headers['repr-digest'] ?? '')?.[1]
  if (digest === undefined) return 'unknown'
  return digest === createHash('sha256').update(bytes).digest('base64') ? 'right' : 'wrong'
}

/** A head that ends in a line of three hyphens, and no line cut off: what comes next is appended to it. */
function isIndex(bytes: Buffer): boolean {
  return /^(?:.*\n){0,20}?---\n/.test(bytes.toString('latin1', 0, 4096)) && bytes.at(-1) === 0x0a
}

function damaged(path: string): UpstreamFailure {
  return failure(
    'unavailable',
    `${path} arrived damaged: it is not what its digest says, or no compact index.`,
  )
}
