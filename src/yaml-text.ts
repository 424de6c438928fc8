import { lineBreak, type Style, styleOf, unprintable } from './yaml-style.js'

/** Whether libyaml writes a key on the line of its value: one line, up to 128 bytes. */
export function isSimpleKey(key: string): boolean {
  return Buffer.byteLength(key) <= 128 && !lineBreak.test(key)
}

/** Whether a text becomes a literal that keeps more than one line break at its end. */
export function isOpenEnded(text: string): boolean {
  return styleOf(text) === 'literal' && chomping(text) === '+'
}

/**
 * A text as a YAML scalar in psych's style, from `column` on, its further lines indented by `indent`. Lines are folded
 * at the first single blank beyond the 80th column.
 */
export function yamlText(text: string, column: number, indent: number): string {
  // As a key it would mean something else even in quotes.
  if (text === '<<') return "!!str '<<'"
  const style = styleOf(text)
  if (style === 'literal') return literal(text, indent)
  const quote = quotes[style]
  const end = style === 'single' && endsInBreak.test(text) ? ' '.repeat(indent) : ''
  return `${quote}${folded(text, style, column + quote.length, indent)}${end}${quote}`
}

const width = 80
const endsInBreak = /[\n\u2028\u2029]$/
const quotes = { plain: '', single: "'", double: '"' }

function literal(text: string, indent: number): string {
  const margin = ' '.repeat(indent)
  const hint = /^[ \n\u2028\u2029]/.test(text) ? '2' : ''
  const lines = text.replace(/\n$/, '').replace(/(^|[\n\u2028\u2029])(?=[^\n\u2028\u2029])/g, `$1${margin}`)
  return `|${hint}${chomping(text)}\n${lines}`
}

/** What becomes of the line breaks at a literal's end: one is meant unless it says otherwise. */
function chomping(text: string): string {
  if (!endsInBreak.test(text)) return '-'
  return /[\n\u2028\u2029]{2}$/.test(text) ? '+' : ''
}

/** The inside of a scalar that is not a literal, with the line breaks that libyaml puts in. */
function folded(text: string, style: Exclude<Style, 'literal'>, startColumn: number, indent: number): string {
  const margin = ' '.repeat(indent)
  const characters = [...text]
  let column = startColumn
  const pieces = characters.map((character, i) => {
    const [before, after] = [characters[i - 1], characters[i + 1]]
    const piece =
      column > width && canFold(before, character, after, style)
        ? `\n${margin}${after === ' ' ? '\\' : ''}`
        : write[style](character, before, margin)
    const [line = '', ...earlier] = piece.split(lineBreak).reverse()
    column = [...line].length + (earlier.length === 0 ? column : 0)
    return piece
  })
  return pieces.join('')
}

function canFold(
  before: string | undefined,
  character: string,
  after: string | undefined,
  style: Style,
): boolean {
  if (character !== ' ' || before === undefined || before === ' ' || after === undefined) return false
  return after !== ' ' || style === 'double'
}

const write = {
  plain: (character: string) => character,
  double: (character: string) => (needsEscape.test(character) ? escapeSequence(character) : character),
  // A line break stands for a blank, so each one is doubled unless it follows another.
  single(character: string, before = '', margin: string) {
    if (lineBreak.test(character)) return character === '\n' && !lineBreak.test(before) ? '\n\n' : character
    const written = character === "'" ? "''" : character
    return lineBreak.test(before) ? margin + written : written
  },
}

const needsEscape = new RegExp(`["\\\\]|${lineBreak.source}|${unprintable.source}`, 'u')

const named: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '\u0085': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
}

function escapeSequence(character: string): string {
  return named[character] ?? numbered(character.codePointAt(0) ?? 0)
}

function numbered(codePoint: number): string {
  // Half a surrogate pair, which JSON can hold and no reader of YAML takes.
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return '\\uFFFD'
  const digits = codePoint.toString(16).toUpperCase()
  if (codePoint <= 0xff) return `\\x${digits.padStart(2, '0')}`
  return codePoint <= 0xffff ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`
}
