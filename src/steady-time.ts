/** What time is told by. */
export interface Clocks {
  /** The wall clock: ms since the epoch. Whoever sets it makes it jump. */
  now(): number
  /** ms since some moment of its own. It only ever goes on, evenly. */
  elapsed(): number
}

/**
 * Time to wait by. It began as the wall clock's, so its moments can be kept, and from then on it goes on evenly, whoever
 * sets the wall clock. Machines that sleep are told nothing of it by `performance.now` on Linux: for them a wait goes on after
 * the sleep as if that had not been, and the wall clock seems to have been set forward.
 */
export interface SteadyTime {
  /** ms since the epoch, whole, had nobody set the clock. */
  now(): number
  /** How far it is ahead of the wall clock now, ms: less than 0 when that was set forward. */
  aheadMs(): number
}

/** `aheadMs`: how far it is to be ahead of the wall clock to begin with. */
export function createSteadyTime({ now, elapsed }: Clocks, aheadMs: number): SteadyTime {
  const zero = now() + aheadMs - elapsed()
  const steadyNow = () => Math.round(zero + elapsed())
  return { now: steadyNow, aheadMs: () => steadyNow() - Math.round(now()) }
}
