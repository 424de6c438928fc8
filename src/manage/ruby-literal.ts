/** A list of texts as Ruby prints an array of strings: what RubyGems.org's 409 bodies are (§3.2). */
export function rubyArray(texts: readonly string[]): string {
  return `[${texts.map(rubyString).join(', ')}]`
}

/** A text as Ruby's `String#inspect` prints it in UTF-8. Texts with lone surrogates have no form in Ruby. */
export function rubyString(text: string): string {
  return `"${text.replace(toEscape, escapeSequence)}"`
}

// U+0085 is a control character that Ruby prints as it is.
const toEscape = /["\\]|#(?=[{$@])|(?!\u0085)[\p{Cc}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu

const named: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '#': '\\#',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x07': '\\a',
  '\b': '\\b',
  '\x1b': '\\e',
}

function escapeSequence(character: string): string {
  return named[character] ?? numbered(character.codePointAt(0) ?? 0)
}

function numbered(codePoint: number): string {
  const digits = codePoint.toString(16).toUpperCase()
  return codePoint > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, '0')}`
}
