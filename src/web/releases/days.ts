const dayMs = 86_400_000

/** How many days the charts show, today included. */
const shownDays = 30

/** Days since the epoch, UTC, oldest first: the last `shownDays` up to now. */
export function lastDays(now: number): number[] {
  const today = Math.floor(now / dayMs)
  return Array.from({ length: shownDays }, (_, i) => today - shownDays + 1 + i)
}

/** A day as people write it: `3 Sep`. */
export function dayText(day: number): string {
  const date = new Date(day * dayMs)
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]}`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
