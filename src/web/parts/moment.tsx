import { relativeTime } from './relative-time.js'

/** A moment as people say it, with the exact one on hover: in UTC, and with the script in the reader's zone. Both in ms. */
export function Moment({ at, now }: { at: number; now: number }) {
  const iso = new Date(at).toISOString()
  return (
    <time dateTime={iso} title={`${iso.slice(0, 19).replace('T', ' ')} UTC`}>
      {relativeTime(at, now)}
    </time>
  )
}
