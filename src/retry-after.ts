const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [\w :-]+$/
// Far beyond any wait that makes sense, and still a number that can be added to the time of day.
const longest = 365 * 24 * 60 * 60 * 1000

/**
 * How long an endpoint wants to be left alone, ms from `now` (ms since the epoch): from the value of a `Retry-After`
 * header, in seconds or as a date (RFC 9110 §10.2.3). Null when there is no header or it makes no sense.
 */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  const value = header?.trim() ?? ''
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, longest)
  if (!httpDate.test(value)) return null
  // Of the three date formats asctime's alone names no zone; it is GMT all the same.
  const date = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`)
  return Number.isNaN(date) ? null : Math.min(Math.max(date - now, 0), longest)
}
