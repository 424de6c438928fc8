/** A digest that can be read out of an `Authorization` header. */
export interface Reading {
  /** Lower-case hex digits: 64, or fewer when the header was cut short. */
  digits: string
  /** What had to be undone to read it, each the end of a sentence that begins with `It`; none when nothing had. */
  alterations: string[]
}

// Fewer could belong to many digests.
const fewestDigits = 8
const longestHeader = 4096

/**
 * The digest in a header, whatever a proxy, a script or a person did to it; null when there is none to be seen. No part
 * of the header gets into the alterations: somebody may have put a secret there.
 */
export function readHeader(header: string): Reading | null {
  const { core, alterations } = unwrap(header.slice(0, longestHeader))
  for (const decode of [asHex, asBase64, asPackedText, amongOthers]) {
    const decoded = decode(core)
    if (decoded === null) continue
    const { digits, alteration } = decoded
    return {
      digits: digits.toLowerCase(),
      alterations: alteration === null ? alterations : [...alterations, alteration],
    }
  }
  return null
}

/** What is packed in a header in base64, as `user:password` is; garbage when nothing is. */
export function unpacked(header: string): string {
  return Buffer.from(unwrap(header.slice(0, longestHeader)).core, 'base64').toString('utf8')
}

interface Wrapping {
  alteration: string
  takeOff(text: string): string
}

const startsWith = (prefix: string): Wrapping => ({
  alteration: `begins with "${prefix}"`,
  takeOff: (text) =>
    text.toLowerCase().startsWith(prefix.toLowerCase()) ? text.slice(prefix.length).trimStart() : text,
})

const wrappings: Wrapping[] = [
  { alteration: 'has blanks around it', takeOff: (text) => text.trim() },
  { alteration: 'has quotes around it', takeOff: (text) => text.replace(/^(["'`])(.*)\1$/s, '$2') },
  ...['Authorization:', 'Bearer ', 'Basic ', 'Token ', 'sha256=', 'sha256:', 'sha-256='].map(startsWith),
  { alteration: 'is split by blanks or line breaks', takeOff: joined },
]

/** The pieces of one digest put together; any other text as it is. */
function joined(text: string): string {
  const whole = text.replace(/\s+/g, '')
  return /^[0-9a-f]{64}$/i.test(whole) || asPackedText(whole) !== null ? whole : text
}

/** Takes off what lies around the core, layer by layer. */
function unwrap(header: string): { core: string; alterations: string[] } {
  const alterations = new Set<string>()
  let core = header
  for (;;) {
    const wrapping = wrappings.find(({ takeOff }) => takeOff(core) !== core)
    if (wrapping === undefined) return { core, alterations: [...alterations] }
    alterations.add(wrapping.alteration)
    core = wrapping.takeOff(core)
  }
}

interface Decoded {
  digits: string
  alteration: string | null
}

function asHex(core: string): Decoded | null {
  if (!/^[0-9a-f]+$/i.test(core) || core.length < fewestDigits) return null
  if (core.length === 64) return { digits: core, alteration: null }
  if (core.length < 64)
    return { digits: core, alteration: `was cut short: it has ${core.length} of 64 digits` }
  const digits = core.slice(0, 64)
  const twice = core.toLowerCase() === digits.toLowerCase().repeat(2)
  return {
    digits,
    alteration: twice ? 'is there twice' : `goes on after its 64 digits: it has ${core.length}`,
  }
}

function asBase64(core: string): Decoded | null {
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(core)) return null
  const digits = Buffer.from(core, 'base64').toString('hex')
  return digits.length === 64 ? { digits, alteration: 'is in base64 instead of hexadecimal digits' } : null
}

/** As `user:password` is packed: base64 of a text that has the digits in it. */
function asPackedText(core: string): Decoded | null {
  if (!/^[A-Za-z0-9+/_-]{80,}={0,2}$/.test(core)) return null
  const [digits] = sixtyFour.exec(Buffer.from(core, 'base64').toString('latin1')) ?? []
  return digits === undefined ? null : { digits, alteration: 'is packed in base64, as a password is' }
}

function amongOthers(core: string): Decoded | null {
  const all = core.match(new RegExp(sixtyFour, 'gi')) ?? []
  const [digits] = all
  if (digits === undefined) return null
  const twice = all.length > 1 && all.every((other) => other.toLowerCase() === digits.toLowerCase())
  return { digits, alteration: twice ? 'is there twice' : 'has something else around it' }
}

const sixtyFour = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/i
