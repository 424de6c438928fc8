/**
 * The installations that a message came through, oldest first: the header `Gemherald-Via` of outgoing webhooks. So two
 * gemheralds that tell each other what they hear do not tell it for ever.
 */
export type Via = readonly string[]

/** The header's name, in lower case as Node.js has it. */
export const viaHeader = 'gemherald-via'

const longestVia = 16
const form = /^[0-9a-f]{12}(?:, ?[0-9a-f]{12})*$/

/** Reads the header; none when it is missing, or not of that form. Only the latest 16 count. */
export function readVia(header: string | readonly string[] | undefined): Via {
  const text = typeof header === 'string' && header.length <= 14 * longestVia ? header : ''
  return form.test(text) ? text.split(/, ?/) : []
}

/** The header of what goes on from here. */
export function writeVia(via: Via, installation: string): string {
  return [...via, installation].slice(-longestVia).join(', ')
}
