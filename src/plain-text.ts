/**
 * A value by a stranger as one line of visible text of at most `max` UTF-16 units: no control characters, no direction
 * marks, nothing that cannot be seen, no halves of surrogate pairs, no runs of blanks. Whatever is not a string, or has
 * nothing to see in it, becomes the empty text.
 */
export function plain(value: unknown, max: number): string {
  if (typeof value !== 'string') return ''
  // Four times the length leaves room for blanks that collapse, and keeps a huge text from being looked at whole.
  const start = value.slice(0, 4 * max)
  const line = start
    .replace(invisible, '')
    .replace(joinersInARow, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return visible.test(line) ? cut(line, max) : ''
}

/** A text of at most `max` UTF-16 units, with an ellipsis where it was cut, and never half a surrogate pair. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

/**
 * A gem's name, a number or a platform: letters, digits and `. _ + -`, anything else shown as `?`. So it means nothing
 * but itself in HTML, a header or a URL. In Slack's markup `_` can slant it, and `a.com` becomes a link.
 */
export function label(value: unknown, max: number): string {
  return cut(plain(value, 4 * max).replace(/[^A-Za-z0-9._+-]/g, '?'), max) || 'unknown'
}

// Format characters and fillers, but for the joiners and variants that scripts and emoji need; lone surrogates; private
// use; code points that are no characters.
const invisible = /(?!\u200C|\u200D|[\uFE00-\uFE0F])[\p{Cf}\p{DI}\p{Cs}\p{Co}\p{NChar}]/gu
// Nobody writes more than two of them together, but whoever hides a message in them.
const joinersInARow = /(?:\u200C|\u200D|[\uFE00-\uFE0F]){3,}/gu
const visible = /(?!\u200C|\u200D|[\uFE00-\uFE0F])\S/u
