/** What a `datetime-local` field holds, read as UTC, in ms since the epoch; undefined when it is no such time. */
export function utcTimeIn(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?$/.test(text)) return undefined
  const time = Date.parse(`${text}Z`)
  return Number.isNaN(time) ? undefined : time
}

/** A time as a `datetime-local` field takes it, in UTC: to the minute where that is exact, else to the millisecond. */
export function utcFieldText(time: number): string {
  return new Date(time).toISOString().replace(/(?::00\.000)?Z$/, '')
}
