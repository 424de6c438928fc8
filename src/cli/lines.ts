import { plain } from '../plain-text.js'

/** More of one text is not shown. Long enough for any URL that a hook may have. */
export const longestText = 65_536

/** More of a gem's name is not shown in a message. */
export const longestName = 100

/**
 * A text that strangers may have had a hand in, safe for a terminal: its lines and their indentation stay, everything
 * else that steers a terminal goes, and runs of blanks become one.
 */
export function cleanLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => `${/^ {0,40}/.exec(line)?.[0] ?? ''}${plain(line, longestText)}`.trimEnd())
    .join('\n')
    .trimEnd()
}
