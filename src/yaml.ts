import { isOpenEnded, isSimpleKey, yamlText } from './yaml-text.js'

/**
 * What JSON can hold, as Ruby's psych 5 over libyaml 0.2.5 dumps it, byte for byte: a whole document. A Map counts as an
 * object that keeps its keys in order whatever they are called.
 */
export function yamlDocument(value: unknown): string {
  if (!isBlock(value)) return `---${inline(value, 3, 0)}\n`
  return `---\n${block(value, 0)}${hasOpenEnd(value) ? '...\n' : ''}`
}

/**
 * The same for a list whose items are made one after another: the document in pieces, one for each item as soon as it is
 * there.
 */
export function* yamlList(items: Iterable<unknown>): Generator<string> {
  let start = '---\n'
  let isOpen = false
  for (const item of items) {
    yield `${start}-${afterIndicator(item, 0)}`
    start = ''
    isOpen ||= hasOpenEnd(item)
  }
  if (start !== '') yield '--- []\n'
  else if (isOpen) yield '...\n'
}

/** A collection's lines, each with its line break. */
function block(value: object, indent: number): string {
  const lines = Array.isArray(value)
    ? value.map((item) => `-${afterIndicator(item, indent)}`)
    : entriesOf(value).map(([key, inner]) => entry(key, inner, indent))
  return lines.map((line) => `${pad(indent)}${line}`).join('')
}

function entry(key: string, value: unknown, indent: number): string {
  if (!isSimpleKey(key))
    return `?${inline(key, indent + 1, indent)}\n${pad(indent)}:${afterIndicator(value, indent)}`
  // A simple key is never folded.
  const start = `${yamlText(key, Number.NEGATIVE_INFINITY, indent)}:`
  if (isBlock(value)) return `${start}\n${block(value, Array.isArray(value) ? indent : indent + 2)}`
  return `${start}${inline(value, indent + [...start].length, indent)}\n`
}

/** What follows a `-`, or the `:` of a key that is not simple: a collection begins on the same line. */
function afterIndicator(value: unknown, indent: number): string {
  if (isBlock(value)) return ` ${block(value, indent + 2).slice(indent + 2)}`
  return `${inline(value, indent + 1, indent)}\n`
}

/** A blank and a value that begins on the same line; nothing for null. `column` is where the blank goes. */
function inline(value: unknown, column: number, indent: number): string {
  if (isNull(value)) return ''
  if (typeof value === 'string') return ` ${yamlText(value, column + 1, indent + 2)}`
  if (typeof value === 'object') return Array.isArray(value) ? ' []' : ' {}'
  return ` ${typeof value === 'number' ? yamlNumber(value) : String(value)}`
}

/** Whether a text somewhere ends in more than one line break: libyaml then marks the end of the document. */
function hasOpenEnd(value: unknown): boolean {
  if (typeof value === 'string') return isOpenEnded(value)
  if (typeof value !== 'object' || value === null) return false
  return (Array.isArray(value) ? value : entriesOf(value).flat()).some(hasOpenEnd)
}

/** Whether a value takes lines of its own: a collection that is not empty. */
function isBlock(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  return (Array.isArray(value) ? value : entriesOf(value)).length > 0
}

function entriesOf(value: object): [string, unknown][] {
  return value instanceof Map ? [...value] : Object.entries(value)
}

/** JSON has no infinity either. */
function isNull(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'number' && !Number.isFinite(value))
}

/** 1e+21 is a number only with a point in it. */
function yamlNumber(value: number): string {
  return String(value).replace(/^(-?\d+)e/, '$1.0e')
}

function pad(indent: number): string {
  return ' '.repeat(indent)
}
