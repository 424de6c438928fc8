const hourMs = 3_600_000
const unitMs: Record<string, number> = { h: hourMs, d: 24 * hourMs, w: 7 * 24 * hourMs, y: 365 * 24 * hourMs }
const lastYear = Date.UTC(10_000, 0, 1)

/**
 * When a key that is made now ends, in ms since the epoch: after a time such as `12h`, `90d`, `6w` or `1y`, or at an ISO
 * date (its beginning in UTC) or date-time (UTC unless it names a zone). Undefined when the text is neither, or not in the future.
 */
export function readExpiry(text: string, now: number): number | undefined {
  const at = afterDuration(text, now) ?? momentOf(text)
  return at !== undefined && at > now && at < lastYear ? at : undefined
}

function afterDuration(text: string, now: number): number | undefined {
  const [, count, unit = ''] = /^(\d{1,6})([hdwy])$/.exec(text) ?? []
  return count === undefined ? undefined : now + Number(count) * (unitMs[unit] ?? 0)
}

function momentOf(text: string): number | undefined {
  const [, date, time = 'T00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? []
  // A day that the month does not have would become one of the next month.
  if (date === undefined || new Date(`${date}T00:00Z`).getUTCDate() !== Number(date.slice(8)))
    return undefined
  const at = Date.parse(`${date}${time}${zone}`)
  return Number.isNaN(at) ? undefined : at
}
