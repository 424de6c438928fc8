import type { Request, Response } from 'express'
import { fail, ok, type Result } from '../error.js'
import { readBody } from './body.js'
import { parseForm } from './form.js'

/** What the hook API takes; null for what was not given. */
export interface Parameters {
  gemName: string | null
  url: string | null
  channel: string | null
  kind: string | null
}

/**
 * Reads parameters from query and body; where both have one, the query wins (protocol/rubygems-webhooks.md §2.1).
 * `invalid` when they cannot be read, `forbidden` when a NUL is among them, `too_large` when the body is.
 */
export async function readParameters(req: Request, res: Response): Promise<Result<Parameters>> {
  const query = parseForm(queryOf(req.originalUrl))
  if (!query.ok) return query
  const body = await readBody(req, res)
  if (!body.ok) return body

  const dump = JSON.stringify([...query.value]) + body.value.dump
  if (dump.includes('\\u0000')) return fail('forbidden', 'A parameter contains a NUL.')
  const values = new Map<string, unknown>([...body.value.values, ...query.value])
  const parameters = {
    gemName: scalar(values.get('gem_name')) ?? scalar(values.get('rubygem_name')),
    url: scalar(values.get('url')),
    // A form field that was left empty asks for nothing.
    channel: scalar(values.get('channel')) || null,
    kind: scalar(values.get('kind')) || null,
  }
  if (/\p{Cs}/u.test(Object.values(parameters).join(' ')))
    return fail('invalid', 'A parameter is not Unicode text.')
  return ok(parameters)
}

function queryOf(target: string): string {
  const mark = target.indexOf('?')
  return mark === -1 ? '' : target.slice(mark + 1)
}

/** Lists and objects count as absent, as do null and false. */
function scalar(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' || value === true ? String(value) : null
}
