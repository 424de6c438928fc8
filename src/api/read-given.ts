import type { Request, Response } from 'express'
import { fail, ok, type Result } from '../error.js'
import { readBody } from '../manage/body.js'
import { parseForm } from '../manage/form.js'

/**
 * A request's parameters from its query and, `withBody`, from its urlencoded, multipart or JSON body; where both have one,
 * the query wins. What JSON writes as a number or a word becomes the text that a form would have. Of a query those that were
 * left empty are left out. `invalid`, `too_large` or `unsupported` when they cannot be read: what was passed over could have
 * asked for less, so nothing in a body may be empty.
 */
export async function readGiven(
  req: Request,
  res: Response,
  withBody: boolean,
): Promise<Result<Record<string, string>>> {
  const mark = req.originalUrl.indexOf('?')
  const query = parseForm(mark === -1 ? '' : req.originalUrl.slice(mark + 1))
  if (!query.ok) return query
  const body = withBody ? await readFields(req, res) : ok([])
  if (!body.ok) return body
  const given = [...body.value, ...query.value]
  const [empty] = given.find(([, value]) => value === null || value === '') ?? []
  if (withBody && empty !== undefined)
    return fail('invalid', `Parameter ${empty} is empty: leave it out, or say what it is to be.`)
  const all = given.filter(([, value]) => value !== null && value !== '')
  const [odd] = all.find(([, value]) => typeof value === 'object') ?? []
  if (odd !== undefined) return fail('invalid', `Parameter ${odd} must be a text, a number, true or false.`)
  return ok(Object.fromEntries(all.map(([name, value]) => [name, String(value)])))
}

async function readFields(req: Request, res: Response): Promise<Result<Iterable<[string, unknown]>>> {
  if (req.headers['content-length'] === undefined && req.headers['transfer-encoding'] === undefined)
    return ok([])
  if (Number(req.headers['content-length']) === 0) return ok([])
  const type = req.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type !== undefined && !types.includes(type))
    return fail('unsupported', `The body must be one of ${types.join(', ')}.`)
  const body = await readBody(req, res)
  if (!body.ok) return body
  if (type === 'application/json' && !/^\s*\{/.test(body.value.dump))
    return fail('invalid', 'The body is JSON, but not an object.')
  return ok(body.value.values)
}

const types = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data']
