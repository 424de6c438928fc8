import { plain } from '../../plain-text.js'

/** How much of an answer is shown, bytes in UTF-8. */
export const shownBytes = 2 * 1024

/** The beginning of what a far side said, fit to be shown: its lines, without what nobody can see. */
interface Excerpt {
  text: string
  /** Bytes left out at the end. */
  leftOut: number
}

/** Cuts what a far side said. */
export function excerptOf(response: string): Excerpt {
  const bytes = Buffer.from(response)
  // A character that was cut in half decodes to U+FFFD.
  const start = bytes.toString('utf8', 0, shownBytes).replace(/\uFFFD+$/, '')
  const text = start
    .split(/\r\n|[\n\r]/)
    .map(visibleLine)
    .join('\n')
    .trimEnd()
  return { text, leftOut: Math.max(0, bytes.length - shownBytes) }
}

/** The line's indentation tells of its place in JSON or HTML. */
function visibleLine(line: string): string {
  const indent = /^[ \t]*/.exec(line)?.[0] ?? ''
  return indent.replaceAll('\t', '  ') + plain(line, shownBytes)
}
