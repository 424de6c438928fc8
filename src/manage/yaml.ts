/**
 * A text as Ruby's psych (with libyaml) writes it as a YAML scalar: plain where that reads back as the same string,
 * else quoted the way psych quotes. For texts without blanks and line breaks, as gem names and URLs are.
 */
export function yamlString(text: string): string {
  if (startsOddly(text) || unprintable.test(text)) return doubleQuoted(text)
  if (readsAsNumber(text) || wordsOfYaml.test(text) || text.endsWith(':')) return singleQuoted(text)
  return text
}

/** Whether libyaml writes a scalar as an explicit key (`? key`): it takes up to 128 bytes for a simple one. */
export function isLongKey(text: string): boolean {
  return Buffer.byteLength(text) > 128
}

const wordsOfYaml = /^(?:null|yes|true|on|no|false|off)$/i

// What libyaml escapes; it knows nothing above U+FFFF.
const unprintable = /[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u

function startsOddly(text: string): boolean {
  return /^[yn]$/i.test(text) || /^\W[^"]*$/.test(text)
}

// YAML 1.1 as psych reads it, and octals with an 8 or a 9, which other readers take for numbers.
function readsAsNumber(text: string): boolean {
  return (
    /^(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][-+][0-9]+)?$/.test(text) ||
    /^0b[_,]*[01][01_,]*$/.test(text) ||
    /^0x[_,]*[0-9a-fA-F][0-9a-fA-F_,]*$/.test(text) ||
    /^0[0-7]*[89]/.test(text)
  )
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function doubleQuoted(text: string): string {
  return `"${text.replace(new RegExp(`["\\\\]|${unprintable.source}`, 'gu'), escapeSequence)}"`
}

const named: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\x1b': '\\e',
  '\u0085': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
}

function escapeSequence(character: string): string {
  return named[character] ?? numbered(character.codePointAt(0) ?? 0)
}

function numbered(codePoint: number): string {
  const digits = codePoint.toString(16).toUpperCase()
  if (codePoint <= 0xff) return `\\x${digits.padStart(2, '0')}`
  return codePoint <= 0xffff ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`
}
