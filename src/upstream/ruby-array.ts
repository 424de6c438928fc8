/**
 * A text for a person: when it is an array of strings as Ruby prints it, which RubyGems.org answers where it refuses a hook
 * (protocol/rubygems-webhooks.md §3.2), a sentence with its texts; any other text as it stands.
 */
export function withoutRubyArray(text: string): string {
  const texts = readRubyArray(text)
  if (texts === null) return text
  const sentence = texts.join('; ')
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`
}

/** The strings of an array as Ruby prints it; null when the text is no such array, or an empty one. */
export function readRubyArray(text: string): string[] | null {
  const trimmed = text.trim()
  if (!arrayLiteral.test(trimmed)) return null
  return [...trimmed.matchAll(stringLiteral)].map(([, inner = '']) => inner.replace(escapeSequence, meaning))
}

const arrayLiteral = /^\["(?:[^"\\]|\\.)*"(?:, "(?:[^"\\]|\\.)*")*\]$/su
const stringLiteral = /"((?:[^"\\]|\\.)*)"/gsu
const escapeSequence = /\\(?:u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|(.))/gsu

function meaning(sequence: string, short?: string, long?: string, letter?: string): string {
  if (letter !== undefined) return named[letter] ?? letter
  const codePoint = Number.parseInt(short ?? long ?? '', 16)
  return codePoint > 0x10ffff ? sequence : String.fromCodePoint(codePoint)
}

const named: Record<string, string> = {
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  a: '\x07',
  b: '\b',
  e: '\x1b',
}
