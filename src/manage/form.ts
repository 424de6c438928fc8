import { fail, ok, type Result } from '../error.js'

/** Parameters by name; null for a name without `=`. Of several values the last one counts. */
type Form = Map<string, string | null>

/**
 * Reads a query string or an urlencoded body, given as latin1 text so that each character is a byte. `invalid` when a
 * percent sign is not followed by two hex digits, or the bytes are not UTF-8.
 */
export function parseForm(latin1: string): Result<Form> {
  const form: Form = new Map()
  for (const pair of latin1.split('&')) {
    const [encodedName = '', ...rest] = pair.split('=')
    if (pair === '') continue
    const name = decode(encodedName)
    const value = rest.length === 0 ? null : decode(rest.join('='))
    if (name === undefined || value === undefined)
      return fail('invalid', 'A parameter is not percent-encoded UTF-8.')
    form.set(name, value)
  }
  return ok(form)
}

function decode(text: string): string | undefined {
  const encoded = text.replaceAll('+', ' ').replace(/[\x80-\xff]/g, percentEncode)
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}

function percentEncode(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16)}`
}
