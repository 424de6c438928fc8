import express, { type RequestHandler, type Router } from 'express'
import { jsonError, send } from '../manage/answer.js'
import { createThrottle } from '../manage/throttle.js'
import { handlerOf } from './call.js'
import { openapiDocument } from './openapi.js'
import type { ApiParts } from './parts.js'
import { routes } from './routes.js'

export type { ApiParts } from './parts.js'

/** The JSON API: everything that the pages can do, for holders of an API key, and its description for everybody. */
export function apiRouter(parts: ApiParts): Router {
  const router = express.Router()
  const throttle = createThrottle(parts)
  for (const route of routes) {
    const handlers = route.throttled ? [throttle, handlerOf(route, parts)] : [handlerOf(route, parts)]
    router[route.method](expressPath(route.path), ...handlers)
  }
  for (const path of new Set(routes.map((route) => route.path)))
    router.all(expressPath(path), otherMethod(methodsOf(path)))
  router.get(descriptionPath, describe())
  router.all(descriptionPath, otherMethod(['GET']))
  return router
}

function methodsOf(path: string): string[] {
  return routes.filter((route) => route.path === path).map(({ method }) => method.toUpperCase())
}

const descriptionPath = '/api/openapi.json'

/** `{id}` becomes `:id`. Paths without a format are found with `.json`, too. */
function expressPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1') + (path.endsWith('.json') ? '' : '{.json}')
}

function describe(): RequestHandler {
  let text: string | undefined
  return (_req, res) => {
    text ??= JSON.stringify(openapiDocument())
    const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-cache' }
    send(res, { status: 200, headers, body: text })
  }
}

function otherMethod(methods: readonly string[]): RequestHandler {
  const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ')
  const { headers, ...refusal } = jsonError(405, `This takes ${methods.join(' or ')} and nothing else.`)
  return (_req, res) => send(res, { ...refusal, headers: { ...headers, Allow: allowed } })
}
