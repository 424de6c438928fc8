import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Router } from 'express'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { packageRoot } from '../../src/about.js'
import type { AppParts } from '../../src/app.js'
import { startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { ask } from '../manage/stage.js'
import { describedPaths, description, operations, readable } from './description.js'

/** The routers that the real server is made of. */
let routers: AppParts | undefined
vi.mock('../../src/app.js', async (importOriginal) => {
  const real = await importOriginal<typeof import('../../src/app.js')>()
  return {
    createApp(parts: AppParts) {
      routers = parts
      return real.createApp(parts)
    },
  }
})

let gemherald: TestGemherald
beforeAll(async () => {
  gemherald = await startGemherald()
  // Their routes are there once somebody has asked.
  for (const path of ['/api/openapi.json', '/feed.atom']) await fetch(`${gemherald.url}${path}`)
})
afterAll(() => gemherald.remove())

/** Routers for programs; the others serve pages, for people. */
const forPrograms = ['receive', 'manage', 'catalog', 'api', 'feeds', 'health', 'metrics'] as const

interface Layer {
  route?: { path: string | RegExp | (string | RegExp)[]; stack: { method?: string }[] }
  handle: unknown
}

/** What a router has routes for; those that only say which method is right, and those of CORS, are no operations. */
function routesOf(router: Router): { method: string; path: string | RegExp }[] {
  const layers = router.stack as unknown as Layer[]
  return layers.flatMap(({ route, handle }) => {
    if (route === undefined) return isRouter(handle) ? routesOf(handle) : []
    const methods = [...new Set(route.stack.map(({ method }) => method))]
    return [route.path]
      .flat()
      .flatMap((path) =>
        methods
          .filter((method) => method !== undefined && method !== 'options')
          .map((method) => ({ method: String(method), path })),
      )
  })
}

function isRouter(handle: unknown): handle is Router {
  return typeof handle === 'function' && 'stack' in handle
}

/** A path that the route answers to: as it is described, with something in each hole. */
const filled = (path: string) =>
  path
    .replace('{format}', 'json')
    .replace('{platform}', 'ruby')
    .replace(/\{\w+\}/g, '1')

describe('the description', () => {
  it('is served to everybody', async () => {
    const answer = await fetch(`${gemherald.url}/api/openapi.json`)
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await answer.json()).toEqual(description)
    expect(description.openapi).toMatch(/^3\.1\.\d$/)
  })

  it('gives every operation a name of its own, and describes every hole of its path', () => {
    const names = operations.map(({ operation }) => operation.operationId)
    expect(new Set(names).size).toBe(names.length)
    for (const { path, operation } of operations) {
      const holes = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path')
      expect(inPath.map(({ name }) => name)).toEqual(holes)
      expect(inPath.every(({ required }) => required)).toBe(true)
    }
  })

  it('refers to nothing that is not there', () => {
    const text = JSON.stringify(description)
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g))
      expect(description.components.schemas).toHaveProperty(name)
    expect(text).not.toContain('$defs')
    const schemas = operations.flatMap(({ operation }) =>
      Object.values(operation.responses).flatMap(({ content = {} }) => Object.values(content)),
    )
    for (const { schema } of schemas) if (schema !== undefined) readable(schema)
  })
})

describe('every operation', () => {
  it.each(operations.map(({ method, path }) => [method.toUpperCase(), path]))(
    '%s %s has a route',
    async (method = '', path = '') => {
      const answer = await ask(gemherald.address.port, method, filled(path), { key: null })
      expect(answer.body).not.toContain('There is nothing here.')
      expect([405, 500]).not.toContain(answer.status)
    },
  )

  it.each(
    operations.map(
      ({ method, path, operation }) => [method.toUpperCase(), path, operation.security.length > 0] as const,
    ),
  )('%s %s says rightly whether it needs a key: %s %s %s', async (method, path, keyed) => {
    const { status } = await ask(gemherald.address.port, method, filled(path), { key: null })
    if (path.startsWith('/webhooks')) expect(status).toBe(401)
    else expect(status === 401).toBe(keyed)
  })
})

describe('every route', () => {
  it('of the real server is described', () => {
    if (routers === undefined) throw new Error('No server was composed.')
    const found = forPrograms.flatMap((name) => routesOf((routers as AppParts)[name]))
    expect(found.length).toBeGreaterThan(40)
    const described = operations.map(({ method, path }) => ({ method, path: filled(path) }))
    const missing = found.filter(
      ({ method, path }) => !described.some((one) => one.method === method && fits(path, one.path)),
    )
    expect(missing).toEqual([])
  })

  it('behind the one pattern of the catalog is described, too', () => {
    const source = readFileSync(join(packageRoot, 'src/catalog/router.ts'), 'utf8')
    const patterns = [...source.matchAll(/^ +\[?(\/\^.+\$\/),/gm)].map(
      ([, literal = '']) => new RegExp(literal.slice(1, -1)),
    )
    expect(patterns).toHaveLength(10)
    const paths = operations.map(({ path }) => filled(path))
    expect(patterns.filter((pattern) => !paths.some((path) => pattern.test(path)))).toEqual([])
  })

  it('shadows no other', () => {
    for (const { path } of operations) expect(describedPaths(filled(path))[0], path).toBe(path)
  })
})

/** Whether an Express route answers to a path. */
function fits(route: string | RegExp, path: string): boolean {
  if (typeof route !== 'string') return route.test(path)
  const pattern = route.replace('{.json}', '').replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+')
  return new RegExp(`^${pattern}$`).test(path)
}
