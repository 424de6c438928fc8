const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** A span of time (ms) as a person says it: `12 s`, `4 min`, `3 h 20 min`, `5 days`. Less than nothing is `0 s`. */
export function span(ms: number): string {
  if (ms < minute) return `${Math.floor(Math.max(ms, 0) / second)} s`
  if (ms < hour) return `${Math.floor(ms / minute)} min`
  if (ms >= 2 * day) return `${Math.floor(ms / day)} days`
  const minutes = Math.floor((ms % hour) / minute)
  return `${Math.floor(ms / hour)} h${minutes === 0 ? '' : ` ${minutes} min`}`
}
