import { z } from 'zod'
import { openapiDocument } from '../../src/api/openapi.js'

interface Operation {
  operationId: string
  parameters: { name: string; in: 'path' | 'query'; required: boolean; schema: object }[]
  requestBody?: { content: Record<string, { schema: object }> }
  security: object[]
  responses: Record<string, { description: string; content?: Record<string, { schema?: object }> }>
}

interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}

/** The OpenAPI document as a client reads it. */
export const description: Document = JSON.parse(JSON.stringify(openapiDocument()))

/** Every operation of it. */
export const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

/** The paths that fit `path`: the one with the fewest holes first. */
export function describedPaths(path: string): string[] {
  const holes = (template: string) => template.split('{').length
  return Object.keys(description.paths)
    .filter((template) => patternOf(template).test(path))
    .sort((a, b) => holes(a) - holes(b))
}

/** Throws unless an answer is what the document says of it: its status, its type and every one of its keys. */
export function expectDescribed(
  method: string,
  target: string,
  answer: { status: number; type: string; body: string },
): void {
  const [path = ''] = target.split('?')
  const [template = ''] = describedPaths(path.replace(/(redeliver|enable|disable)\.json$/, '$1'))
  const operation = description.paths[template]?.[method.toLowerCase()]
  const response = operation?.responses[answer.status]
  const about = `${method} ${path} (${template}): ${answer.status} ${answer.type} ${answer.body.slice(0, 500)}`
  if (response === undefined) throw new Error(`This answer is not described: ${about}`)
  if (response.content === undefined) return
  const content = response.content[answer.type.split(';')[0] ?? '']
  if (content === undefined) throw new Error(`This type is not described: ${about}`)
  if (content.schema === undefined) return
  const checked = readable(content.schema).safeParse(JSON.parse(answer.body))
  if (!checked.success) throw new Error(`${z.prettifyError(checked.error)}\n${about}`)
}

/** A schema of the document as zod has it, what it refers to included. */
export function readable(schema: object): z.ZodType {
  const whole = { ...schema, $defs: description.components.schemas }
  return z.fromJSONSchema(JSON.parse(JSON.stringify(whole).replaceAll('"#/components/schemas/', '"#/$defs/')))
}

function patternOf(template: string): RegExp {
  const literal = template.replace(/[.*+?^$()|[\]\\]/g, '\\$&')
  return new RegExp(`^${literal.replaceAll('{format}', '(?:json|yaml)').replace(/\{\w+\}/g, '[^/]+')}$`)
}
