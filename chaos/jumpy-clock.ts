/** A clock that only goes on when it is told to, and a wall clock beside it that is set, too. */
export interface JumpyClock {
  /** The wall clock, ms since the epoch. */
  now(): number
  /** ms since it was made, whatever the wall clock was set to. */
  elapsed(): number
  /** Lets time pass. */
  pass(ms: number): void
  /** Sets the wall clock a day forward or back. */
  jump(): void
  /** How often it was set so far. */
  readonly jumps: number
}

const dayMs = 86_400_000

/** It begins with the real time of day. */
export function createJumpyClock(): JumpyClock {
  const begun = Date.now()
  let elapsedMs = 0
  let setMs = 0
  let jumps = 0
  return {
    now: () => begun + elapsedMs + setMs,
    elapsed: () => elapsedMs,
    pass(ms) {
      elapsedMs += ms
    },
    jump() {
      setMs += Math.random() < 0.5 ? dayMs : -dayMs
      jumps += 1
    },
    get jumps() {
      return jumps
    },
  }
}
