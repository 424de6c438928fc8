import type { z } from 'zod'
import { fail, type Result } from '../error.js'
import type { ApiParts } from './parts.js'

/** A request, its caller known and its parameters read. */
export interface Call<Given> {
  accountId: number
  /** It is the account that runs this installation. */
  isOperator: boolean
  given: Given
}

/** One thing that the API does: the routes and their OpenAPI description are both made of it. */
export interface Route<Input extends z.ZodObject = z.ZodObject, Answer extends z.ZodType = z.ZodType> {
  method: 'get' | 'post'
  /** As OpenAPI writes it: `/api/v1/events/{id}.json`, and `id` is a parameter of `input`. */
  path: string
  /** Name of the operation, for programs that are made from the description. */
  operation: string
  /** One line. */
  summary: string
  description?: string
  /** Parameters from path, query and body; others are refused. */
  input: Input
  /** 200 unless told. */
  status?: 202
  answer: Answer
  /** What else can go wrong, beside what follows from the rest: sentences by status. */
  refusals?: Partial<Record<403 | 404 | 409 | 503, string>>
  /** Only the account that runs this installation may do it. */
  operatorOnly?: true
  /** It reaches out to other servers, so there is a limit on how often. */
  throttled?: true
  act(
    call: Call<z.output<Input>>,
    parts: ApiParts,
  ): Result<z.input<Answer>> | Promise<Result<z.input<Answer>>>
}

/** A route, its action checked against its own schemas. */
export function route<Input extends z.ZodObject, Answer extends z.ZodType>(
  given: Route<Input, Answer>,
): Route {
  return given
}

/** Another account's things are answered just as those that never were. */
export const missing = fail('not_found', 'There is none with that id.')
