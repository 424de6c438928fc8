/**
 * A value by a stranger as one line of visible text of at most `max` UTF-16 units: no control characters, no direction
 * marks, no halves of surrogate pairs, no runs of blanks. Whatever is not a string becomes the empty text.
 */
export function plain(value: unknown, max: number): string {
  if (typeof value !== 'string') return ''
  // Four times the length leaves room for blanks that collapse, and keeps a huge text from being looked at whole.
  const start = value.slice(0, 4 * max)
  return cut(
    start
      .replace(invisible, '')
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim(),
    max,
  )
}

/** A text of at most `max` UTF-16 units, with an ellipsis where it was cut, and never half a surrogate pair. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

/**
 * A gem's name, a number or a platform: letters, digits and `. _ + -`, anything else shown as `?`. So it means nothing
 * but itself in any markup, header or URL.
 */
export function label(value: unknown, max: number): string {
  return cut(plain(value, 4 * max).replace(/[^A-Za-z0-9._+-]/g, '?'), max) || 'unknown'
}

// Format characters but for the two joiners that scripts and emoji need; lone surrogates; private use.
const invisible = /(?![\u200C\u200D])[\p{Cf}\p{Cs}\p{Co}]/gu
