import { createHash, randomBytes } from 'node:crypto'
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'

/** A text that appears nowhere by itself. `name` is what tests call it. */
export interface Canary {
  name: string
  text: string
}

/** A new canary: letters and digits, 20 of them by chance. */
export function canary(name: string, prefix = ''): Canary {
  return { name, text: `${prefix}cnry${randomBytes(10).toString('hex')}` }
}

/**
 * Where which canaries show in `texts`, as `canary in text: the text around it`: as they are, percent-encoded, in base64 at
 * any offset, in hex, as their SHA-256 (RubyGems.org signs with the SHA-256 of a key), and in whatever of it can be inflated.
 */
export function findCanaries(
  texts: ReadonlyMap<string, string | Buffer>,
  canaries: readonly Canary[],
): string[] {
  const sought = canaries.map(({ name, text }) => ({ name, forms: formsOf(text) }))
  return [...texts].flatMap(([title, text]) =>
    readings(text).flatMap((reading) =>
      sought.flatMap(({ name, forms }) => {
        const form = forms.find(([, pattern]) => reading.includes(pattern))
        if (form === undefined) return []
        const at = reading.indexOf(form[1])
        return [`${name} (${form[0]}) in ${title}: ${reading.slice(Math.max(0, at - 200), at + 200)}`]
      }),
    ),
  )
}

function formsOf(secret: string): [form: string, pattern: string][] {
  const bytes = Buffer.from(secret)
  return [
    ['as it is', secret],
    ['percent-encoded', encodeURIComponent(secret)],
    ['hex', bytes.toString('hex')],
    ['SHA-256', createHash('sha256').update(secret).digest('hex')],
    ...[0, 1, 2].map((offset): [string, string] => ['base64', base64At(bytes, offset)]),
  ]
}

/** What base64 of anything with these bytes in it, so many bytes after a multiple of three, must have in it. */
function base64At(bytes: Buffer, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  return whole.slice(offset === 0 ? 0 : offset + 1, -2)
}

/** The text itself, and what is hidden in it by compression, with or without base64 around it. */
function readings(text: string | Buffer): string[] {
  const bytes = Buffer.from(text)
  const packed = [bytes, Buffer.from(bytes.toString('latin1'), 'base64')]
  return [
    bytes.toString('latin1'),
    ...packed.flatMap((one) => unpackers.flatMap((unpack) => attempt(unpack, one))),
  ]
}

const unpackers = [gunzipSync, inflateSync, inflateRawSync, brotliDecompressSync]

function attempt(unpack: (bytes: Buffer) => Buffer, bytes: Buffer): string[] {
  try {
    return [unpack(bytes).toString('latin1')]
  } catch {
    // It was not packed like that.
    return []
  }
}
