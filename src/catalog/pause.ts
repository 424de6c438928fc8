import { setImmediate } from 'node:timers/promises'

/** Something to wait for at every step of a long work: it lets others have their turn, once in so many steps. */
export function pauseEvery(steps: number): () => Promise<void> | undefined {
  let taken = 0
  return () => {
    taken += 1
    return taken % steps === 0 ? setImmediate() : undefined
  }
}
