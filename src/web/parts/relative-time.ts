/** How long ago a moment was, or how soon it will be, as people say it; the date when that is a month. Both in ms. */
export function relativeTime(at: number, now: number): string {
  const ms = Math.abs(now - at)
  if (ms < justNowMs) return at > now ? 'now' : 'just now'
  if (ms >= monthMs) return new Date(at).toISOString().slice(0, 10)
  const [unit, length] = units.find(([, unitMs]) => ms >= unitMs) ?? seconds
  const span = `${Math.floor(ms / length)} ${unit}`
  return at > now ? `in ${span}` : `${span} ago`
}

const justNowMs = 5_000
const monthMs = 30 * 86_400_000
const seconds = ['s', 1_000] as const
const units = [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000], seconds] as const
