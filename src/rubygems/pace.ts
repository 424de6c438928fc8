/** What is counted together: searches and test messages have limits of their own (protocol/rubygems-api.md §3). */
export type Lane = 'host' | 'search' | 'fire'

/** Lets so many through in any stretch of time. */
export interface Gate {
  /** How long the next one would have to wait now, in ms. */
  waitMs(): number
  /** Takes the next place and returns how long to wait for it, in ms. */
  take(): number
}

/**
 * The gates that a request of each lane passes, one after the other: 8 a second for all, and 90 a minute for searches.
 * So this client stays below the upstream's limits. `now` in ms.
 */
export function createPace(now: () => number): Record<Lane, readonly Gate[]> {
  // A tenth more than a second: what is sent evenly does not arrive evenly.
  const all = createGate(8, 1_100, now)
  const searches = createGate(90, 60_000, now)
  // A search that waits its minute must not take the place of those that may go at once.
  return { host: [all], fire: [all], search: [searches, all] }
}

function createGate(limit: number, lengthMs: number, now: () => number): Gate {
  let places: number[] = []
  let latest = 0
  const next = (time: number) => {
    // The clock was set back: what was taken before says nothing any more.
    if (time < latest) places = []
    latest = time
    const first = places.length < limit ? undefined : places[0]
    return first === undefined ? time : Math.max(time, first + lengthMs)
  }
  return {
    waitMs() {
      const time = now()
      return next(time) - time
    },
    take() {
      const time = now()
      const place = next(time)
      places = [...places, place].slice(-limit)
      return place - time
    },
  }
}
