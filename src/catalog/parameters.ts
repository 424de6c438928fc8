import { fail, ok, type Result } from '../error.js'
import { parseForm } from '../manage/form.js'

/** Parameters by name; null for those that are not a text but a list or an object, such as `page[]=1`. */
export type Parameters = ReadonlyMap<string, string | null>

/**
 * Reads a request target's query. `invalid` when it is not percent-encoded UTF-8, `forbidden` when a NUL is among the
 * parameters.
 */
export function readQuery(target: string): Result<Parameters> {
  const mark = target.indexOf('?')
  const form = parseForm(mark === -1 ? '' : target.slice(mark + 1))
  if (!form.ok) return form
  const parameters = new Map<string, string | null>()
  for (const [name, value] of form.value) {
    if (`${name}${value}`.includes('\0')) return fail('forbidden', 'A parameter contains a NUL.')
    const bracket = name.indexOf('[')
    if (bracket > 0) parameters.set(name.slice(0, bracket), null)
    else if (value !== null) parameters.set(name, value)
  }
  return ok(parameters)
}

/** A segment of a path as text, with the same failures. */
export function readSegment(segment: string): Result<string> {
  try {
    const text = decodeURIComponent(segment.replace(/[^\0-\x7f]/g, percentEncode))
    return text.includes('\0') ? fail('forbidden', 'The path contains a NUL.') : ok(text)
  } catch {
    return fail('invalid', 'The path is not percent-encoded UTF-8.')
  }
}

// Node.js hands a path on as latin1: each character is a byte.
function percentEncode(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16)}`
}
