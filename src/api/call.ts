import type { Request, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import { type ErrorCode, fail, ok, type Problem, type Result } from '../error.js'
import { isStorageTrouble } from '../ledger/open.js'
import { json, jsonError, send } from '../manage/answer.js'
import { authenticate } from '../manage/authenticate.js'
import { noteUse } from '../manage/note-use.js'
import type { ApiParts } from './parts.js'
import { readGiven } from './read-given.js'
import { missing, type Route } from './route.js'

/** What every refusal answers. */
export const denied =
  'Access denied. Send an API key of this server as Authorization: gemherald keys create makes one.'
const operatorsOnly = 'Only the account default, which runs this installation, may do this.'
export const ledgerTrouble = 'The ledger cannot be used at present. Try again later: the log says why.'

/** Express' handler of a route: who asks, what for, the answer. */
export function handlerOf(route: Route, parts: ApiParts): RequestHandler {
  const answerOf = async (req: Request, res: Response): Promise<Result<unknown>> => {
    const { accounts } = parts.ledger
    const caller = authenticate(req, accounts, parts.now())
    if (caller === undefined) return fail('unauthorized', denied)
    noteUse(caller.keyHash, parts.now(), { accounts, log: parts.log })
    const isOperator = accounts.find(caller.keyHash)?.account === 'default'
    if (route.operatorOnly && !isOperator) return fail('forbidden', operatorsOnly)
    const given = await readGiven(req, res, route.method === 'post')
    if (!given.ok) return given
    const checked = check(route.input, given.value, req.params)
    if (!checked.ok) return checked
    return route.act({ accountId: caller.accountId, isOperator, given: checked.value }, parts)
  }

  return async (req, res) => {
    const answered = await orUnavailable(() => answerOf(req, res), parts)
    if (answered.ok) send(res, json(route.status ?? 200, JSON.stringify(answered.value)))
    else refuse(res, answered.problem)
  }
}

function check(
  input: z.ZodObject,
  given: Record<string, string>,
  path: Request['params'],
): Result<Record<string, unknown>> {
  const checked = input.strict().safeParse({ ...given, ...path })
  if (checked.success) return ok(checked.data)
  const { issues } = checked.error
  // No such thing can be there, so nothing is wrong with how it was asked for.
  if (issues.some((issue) => issue.path.some((name) => String(name) in path))) return missing
  // A name that is misspelt is why another one is missing.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
  if (issue === undefined) throw new Error('A refusal without a reason.')
  return fail('invalid', sentenceOf(issue, Object.keys(input.shape), given))
}

function sentenceOf(
  issue: z.core.$ZodIssue,
  known: readonly string[],
  given: Record<string, string>,
): string {
  if (issue.code === 'unrecognized_keys')
    return `There is no parameter ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}: there is ${known.join(', ')}.`
  const name = issue.path.join('.')
  return given[name] === undefined ? `Parameter ${name} is missing.` : `Parameter ${name} ${issue.message}.`
}

async function orUnavailable<Value>(
  act: () => Promise<Result<Value>>,
  { log }: ApiParts,
): Promise<Result<Value>> {
  try {
    return await act()
  } catch (error) {
    if (!isStorageTrouble(error)) throw error
    log.error({ err: error }, 'API request failed: the ledger cannot be used; check disk space and DATA_DIR')
    return fail('unavailable', ledgerTrouble)
  }
}

function refuse(res: Response, { code, message }: Problem): void {
  const answer = jsonError(statusOf[code], message)
  send(
    res,
    code === 'unavailable' ? { ...answer, headers: { ...answer.headers, 'Retry-After': '5' } } : answer,
  )
}

const statusOf: Record<ErrorCode, number> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  too_large: 413,
  unsupported: 415,
  throttled: 429,
  unavailable: 503,
}
