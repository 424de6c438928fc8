import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import { ok, type Problem, type Result } from '../error.js'
import { type Format, frameworkError, requestFormat } from '../manage/format.js'
import { listJustUpdated, listNewGems } from './activity.js'
import { type Answer, jsonError, send } from './answer.js'
import { completeName } from './autocomplete.js'
import { compactIndexRouter } from './compact-index.js'
import { showDownloads } from './downloads.js'
import { preflight, showGem } from './gem.js'
import { createCatchUp } from './gem-index.js'
import { goneSignal, whileThere } from './gone.js'
import { readQuery, readSegment } from './parameters.js'
import type { Call, CatalogParts, IndexedParts } from './parts.js'
import { searchGems } from './search.js'
import { createSearchThrottle } from './throttle.js'
import { listTimeframe } from './timeframe.js'
import { orUnavailable } from './unavailable.js'
import { latestVersion, listVersions, showVersion } from './versions.js'

export type { CatalogParts } from './parts.js'

type Action = (call: Call, parts: IndexedParts) => Answer | Promise<Answer>

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
  [/^\/api\/v1\/downloads\/(?<name>[^/]+?)\.(?<format>json|yaml)\/?$/, showDownloads],
  [/^\/api\/v1\/search\.(?<format>json|yaml)\/?$/, searchGems],
  [/^\/api\/v1\/search\/autocomplete(?:\.(?<format>json))?\/?$/, completeName],
]

const unavailable = 'Search is currently unavailable. Please try again later.'

/** RubyGems.org's public reads, answered from the ledger (protocol/rubygems-api.md §1 to §6). */
export function catalogRouter(given: CatalogParts): Router {
  const parts = { ...given, catchUp: createCatchUp(given) }
  const router = express.Router()
  router.use(compactIndexRouter(parts))
  router.get(/^\/api\/v1\/search(?:[./]|$)/, createSearchThrottle())
  // These patterns capture nothing: Express would decode it, and fail where it cannot.
  router.options(/^\/api\/v1\/gems\/[^/]+\/?$/, (_req, res) => send(res, preflight()))
  router.get(/^\/api\/v[12]\//, async (req: Request, res: Response, next: NextFunction) => {
    for (const [pattern, action] of routes) {
      const groups = pattern.exec(req.path)?.groups
      if (groups !== undefined) return answer(req, res, groups, action, parts)
    }
    next()
  })
  return router
}

type Groups = Record<string, string | undefined>

async function answer(req: Request, res: Response, groups: Groups, action: Action, parts: IndexedParts) {
  const gone = goneSignal(res)
  await whileThere(gone, parts.log, async () => send(res, await find(req, gone, groups, action, parts)))
}

async function find(
  req: Request,
  gone: AbortSignal,
  groups: Groups,
  action: Action,
  parts: IndexedParts,
): Promise<Answer> {
  const asked =
    groups.format === undefined ? requestFormat('', req.headers.accept) : requestFormat(req.path, '')
  const call = readCall(req, gone, groups, asked === 'yaml' ? 'yaml' : 'json')
  if (!call.ok) return unreadable(call.problem, asked)
  if (asked === 'xml' || asked === 'other') return frameworkError(406, asked)
  const answered = await orUnavailable(unavailable, parts.log, () => action(call.value, parts))
  if (groups.format !== undefined) return answered
  return { ...answered, headers: { ...answered.headers, Vary: 'Accept' } }
}

function readCall(
  req: Request,
  gone: AbortSignal,
  { name = '', number = '' }: Groups,
  format: Call['format'],
): Result<Call> {
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
    gone,
  })
}

function unreadable({ code }: Problem, format: Format): Answer {
  return code === 'forbidden' ? jsonError(400, 'bad request') : frameworkError(400, format)
}
