import { span } from '../../watch/span.js'

/** How long something took (ms), as finely as people care: `240 ms`, `1.2 s`, `4 min`, `3 h 20 min`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : span(ms)
}
