/**
 * Spares everybody the wait for an upstream that is silent. `closed`: it is asked. `open`: it is not. `trying`: it is asked
 * once, to see whether it is back.
 */
export interface Breaker {
  state(): 'closed' | 'open' | 'trying'
  /** The upstream was silent. True when it had not been before. */
  silent(): boolean
  /** The upstream said something. True when it had been silent before. */
  heard(): boolean
}

const openMs = 10_000

/** It opens for 10 s. `now` in ms. */
export function createBreaker(now: () => number): Breaker {
  let silentAt: number | null = null
  return {
    state() {
      if (silentAt === null) return 'closed'
      const sinceMs = now() - silentAt
      // A clock that was set back must not make it longer.
      return sinceMs >= 0 && sinceMs < openMs ? 'open' : 'trying'
    },
    silent() {
      const before = silentAt
      silentAt = now()
      return before === null
    },
    heard() {
      const before = silentAt
      silentAt = null
      return before !== null
    },
  }
}
