import { z } from 'zod'
import { version } from '../about.js'
import { ledgerTrouble } from './call.js'
import type { OtherRoute } from './elsewhere/other-route.js'
import { otherRoutes } from './other-routes.js'
import type { Route } from './route.js'
import { routes } from './routes.js'

type Schema = z.core.JSONSchema.JSONSchema
type Object_ = Record<string, unknown>

/**
 * The OpenAPI 3.1 description of all that programs can ask for. That of the JSON API is made of the schemas that requests
 * are read with and answers are checked against; that of the other routes is written down beside them.
 */
export function openapiDocument(): Object_ {
  const answers = schemasOf(
    routes.map((route) => [route.operation, route.answer]),
    'output',
  )
  const inputs = schemasOf(
    [...routes, ...otherRoutes].map((route) => [route.operation, route.input]),
    'input',
  )
  const operations = [
    ...routes.map((route) => ({
      route,
      about: { security, responses: responsesOf(route, answers.of(route)) },
    })),
    ...otherRoutes.map((route) => ({ route, about: aboutOther(route) })),
  ]
  const paths: Record<string, Object_> = {}
  for (const { route, about } of operations) {
    const operation = { ...operationOf(route, inputs.of(route)), ...about }
    paths[route.path] = { ...paths[route.path], [route.method]: operation }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'gemherald', version, description, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { ...answers.shared, Error: errorSchema },
      securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'Authorization' } },
    },
  }
}

const description =
  'Releases of gems and who was told of them. Moments are ISO 8601 in UTC. Lists are read page by page: what an answer calls `next` is the `cursor` of the next request. What a payload or a far side said was written by strangers.'
const security = [{ apiKey: [] }]
const errorSchema = {
  type: 'object',
  properties: { error: { type: 'string', description: 'One sentence for a person.' } },
  required: ['error'],
}

/** The JSON Schema of each operation's `schema`, and of those that several of them share. */
function schemasOf(schemas: (readonly [operation: string, schema: z.ZodType])[], io: 'input' | 'output') {
  const all = z.object(Object.fromEntries(schemas))
  const { properties = {}, $defs = {} } = relinked(z.toJSONSchema(all, { io, override }))
  return { shared: $defs, of: ({ operation }: { operation: string }) => properties[operation] as Schema }
}

function relinked(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'))
}

/** What says no more than the rest does, at great length. */
function override({ jsonSchema }: { jsonSchema: Schema }): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

function operationOf(route: Route | OtherRoute, input: Schema): Object_ {
  const { properties = {}, required = [] } = input
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const others = Object.keys(properties).filter((name) => !inPath.includes(name))
  const parameter = (where: 'path' | 'query') => (name: string) => {
    const { description, ...schema } = properties[name] as Schema
    return { name, in: where, required: required.includes(name), ...(description && { description }), schema }
  }
  const inQuery = route.method === 'post' ? [] : others
  return {
    operationId: route.operation,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [tagOf(route.path)],
    parameters: [...inPath.map(parameter('path')), ...inQuery.map(parameter('query'))],
    ...(route.method === 'post' && others.length > 0 ? { requestBody: bodyOf(others, input) } : {}),
  }
}

/** `/api/v1/events/{id}.json` is about events. */
function tagOf(path: string): string {
  return /^\/(?:api\/(?:v\d\/)?)?(\w+)/.exec(path)?.[1] ?? 'other'
}

function bodyOf(names: string[], { properties = {}, required = [] }: Schema): Object_ {
  const needed = required.filter((name) => names.includes(name))
  const schema = {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, properties[name]])),
    ...(needed.length === 0 ? {} : { required: needed }),
  }
  return {
    required: needed.length > 0,
    content: { 'application/x-www-form-urlencoded': { schema }, 'application/json': { schema } },
  }
}

function responsesOf(route: Route, schema: Schema): Object_ {
  const fields = Object.keys(route.input.shape)
  const { refusals = {} } = route
  const refused: Record<number, string> = {
    400:
      fields.length === 0
        ? 'A parameter that is not known.'
        : 'A parameter is wrong: the sentence says which.',
    401: 'There is no valid API key in Authorization.',
    ...(route.operatorOnly && { 403: 'The account is not the one that runs this installation.' }),
    ...(route.path.includes('{') && { 404: 'There is none with that id, or it is of another account.' }),
    ...(route.method === 'post' && { 413: 'The body is too large.', 415: 'The body is of another type.' }),
    ...refusals,
    503: [refusals[503], ledgerTrouble].filter(Boolean).join(' '),
  }
  return {
    [route.status ?? 200]: {
      description: route.status === 202 ? 'Begun.' : 'Done.',
      content: { 'application/json': { schema } },
    },
    ...Object.fromEntries(Object.entries(refused).map(([status, why]) => [status, refusalOf(why)])),
    ...(route.throttled && { 429: { description: 'Too often: try again after Retry-After.' } }),
  }
}

function refusalOf(description: string): Object_ {
  return {
    description,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  }
}

function aboutOther({ keyed, answers }: OtherRoute): Object_ {
  const responses = Object.entries(answers).map(([status, { description, types }]) => [
    status,
    { description, content: Object.fromEntries(types.map((type) => [type, {}])) },
  ])
  return { security: keyed ? security : [], responses: Object.fromEntries(responses) }
}
