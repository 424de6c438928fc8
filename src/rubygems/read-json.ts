import type { z } from 'zod'
import type { OutboundAnswer } from '../outbound/client.js'
import { failure, type UpstreamFailure, type UpstreamResult } from './result.js'

const deepestNesting = 32
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** An answer's body as the schema reads it; `unavailable` when it is not JSON or not of that shape. */
export function readJson<T>(answer: OutboundAnswer, path: string, schema: z.ZodType<T>): UpstreamResult<T> {
  const unreadable = (what: string): UpstreamFailure =>
    failure('unavailable', `${path} was answered ${answer.status} ${what}.`, { status: answer.status })
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(answer.body))
  } catch {
    return unreadable('with something that is not JSON in UTF-8')
  }
  if (isDeeperThan(value, deepestNesting))
    return unreadable(`with JSON nested deeper than ${deepestNesting} levels`)
  const read = schema.safeParse(value)
  return read.success
    ? { ok: true, value: read.data }
    : unreadable(`in an unknown shape: ${first(read.error)}`)
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  for (const inner of Object.values(value)) if (isDeeperThan(inner, levels - 1)) return true
  return false
}

function first({ issues: [issue] }: z.ZodError): string {
  // Keys of maps are the upstream's text.
  const key = issue?.path.map(String).join('.').slice(0, 100) || 'the whole'
  return `${JSON.stringify(key)} is wrong (${issue?.message.slice(0, 100)})`
}
