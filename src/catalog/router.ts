import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import { ok, type Problem, type Result } from '../error.js'
import { isStorageTrouble } from '../ledger/open.js'
import { type Format, frameworkError, requestFormat } from '../manage/format.js'
import { listJustUpdated, listNewGems } from './activity.js'
import { type Answer, jsonError, send, text } from './answer.js'
import { preflight, showGem } from './gem.js'
import { readQuery, readSegment } from './parameters.js'
import type { Call, CatalogParts } from './parts.js'
import { searchGems } from './search.js'
import { listTimeframe } from './timeframe.js'
import { latestVersion, listVersions, showVersion } from './versions.js'

export type { CatalogParts } from './parts.js'

type Action = (call: Call, parts: CatalogParts) => Answer | Promise<Answer>

const routes: readonly [RegExp, Action][] = [
  [/^\/api\/v1\/gems\/(?<name>[^/]+?)(?:\.(?<format>json|yaml))?\/?$/, showGem],
  [/^\/api\/v1\/versions\/(?<name>[^/]+?)\.(?<format>json|yaml)\/?$/, listVersions],
  [/^\/api\/v1\/versions\/(?<name>[^/]+)\/latest\.(?<format>json)\/?$/, latestVersion],
  [
    /^\/api\/v2\/rubygems\/(?<name>[^/]+)\/versions\/(?<number>[^/]+?)\.(?<format>json|yaml)\/?$/,
    showVersion,
  ],
  [/^\/api\/v1\/activity\/just_updated(?:\.(?<format>json|yaml))?\/?$/, listJustUpdated],
  [/^\/api\/v1\/activity\/latest(?:\.(?<format>json|yaml))?\/?$/, listNewGems],
  [/^\/api\/v1\/timeframe_versions\.(?<format>json|yaml)\/?$/, listTimeframe],
  [/^\/api\/v1\/search\.(?<format>json|yaml)\/?$/, searchGems],
]

/** RubyGems.org's public reads, answered from the ledger (protocol/rubygems-api.md §1, §2, §4, §5). */
export function catalogRouter(parts: CatalogParts): Router {
  const router = express.Router()
  // These patterns capture nothing: Express would decode it, and fail where it cannot.
  router.options(/^\/api\/v1\/gems\/[^/]+\/?$/, (_req, res) => send(res, preflight()))
  router.get(/^\/api\/v[12]\//, async (req: Request, res: Response, next: NextFunction) => {
    for (const [pattern, action] of routes) {
      const groups = pattern.exec(req.path)?.groups
      if (groups !== undefined) return send(res, await answer(req, groups, action, parts))
    }
    next()
  })
  return router
}

type Groups = Record<string, string | undefined>

async function answer(req: Request, groups: Groups, action: Action, parts: CatalogParts): Promise<Answer> {
  const asked =
    groups.format === undefined ? requestFormat('', req.headers.accept) : requestFormat(req.path, '')
  const call = readCall(req, groups, asked === 'yaml' ? 'yaml' : 'json')
  if (!call.ok) return unreadable(call.problem, asked)
  if (asked === 'xml' || asked === 'other') return frameworkError(406, asked)
  const answered = await act(call.value, action, parts)
  if (groups.format !== undefined) return answered
  return { ...answered, headers: { ...answered.headers, Vary: 'Accept' } }
}

function readCall(req: Request, { name = '', number = '' }: Groups, format: Call['format']): Result<Call> {
  const parameters = readQuery(req.originalUrl)
  if (!parameters.ok) return parameters
  const gemName = readSegment(name)
  if (!gemName.ok) return gemName
  const gemNumber = readSegment(number)
  if (!gemNumber.ok) return gemNumber
  const { 'if-none-match': etags, 'if-modified-since': since } = req.headers
  return ok({
    name: gemName.value,
    number: gemNumber.value,
    parameters: parameters.value,
    format,
    path: req.path,
    held: { etags, since },
  })
}

function unreadable({ code }: Problem, format: Format): Answer {
  return code === 'forbidden' ? jsonError(400, 'bad request') : frameworkError(400, format)
}

async function act(call: Call, action: Action, parts: CatalogParts): Promise<Answer> {
  try {
    return await action(call, parts)
  } catch (error) {
    if (!isStorageTrouble(error)) throw error
    parts.log.error(
      { err: error },
      'gems not indexed: the ledger cannot be written; check disk space and permissions of DATA_DIR',
    )
    return text(503, 'Search is currently unavailable. Please try again later.')
  }
}
