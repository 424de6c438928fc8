const pattern = /^\s*(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|([+-]\d\d):?(\d\d))?\s*$/i

/**
 * A full ISO 8601 date-time in ms since the epoch, UTC when it names no zone; undefined for anything else, a mere date
 * and what is no text included.
 */
export function isoMoment(text: string | null): number | undefined {
  const [, time, fraction = '', hours = '+00', minutes = '00'] = pattern.exec(text ?? '') ?? []
  if (time === undefined) return undefined
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0')
  const moment = Date.parse(`${time.toUpperCase()}.${milliseconds}${hours}:${minutes}`)
  return Number.isNaN(moment) ? undefined : moment
}
