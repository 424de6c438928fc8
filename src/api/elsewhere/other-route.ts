import { z } from 'zod'

/** A route that is served elsewhere, so that its description is written down by hand. */
export interface OtherRoute {
  method: 'get' | 'post' | 'delete'
  path: string
  operation: string
  summary: string
  description?: string
  input: z.ZodObject
  /** Whether it needs an API key. */
  keyed: boolean
  answers: Answers
}

/** What it answers, by status. */
export type Answers = Record<number, { description: string; types: readonly string[] }>

export const json = ['application/json']
export const plain = ['text/plain']
export const formats = ['application/json', 'text/yaml']

/** The parameter that chooses among `formats`. */
export const format = z.enum(['json', 'yaml'])

/** One answer: what it says, and its media types. */
export const said = (description: string, types: readonly string[]) => ({ description, types })

export const noGem = said('This gem could not be found.', plain)
export const tooOften = said('Too often: try again after Retry-After.', plain)

/** A route that everybody may read. */
export function openRead(
  path: string,
  operation: string,
  summary: string,
  input: z.core.$ZodLooseShape,
  answers: Answers,
): OtherRoute {
  return { method: 'get', path, operation, summary, input: z.object(input), keyed: false, answers }
}
