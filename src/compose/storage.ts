import { isStorageTrouble } from '../ledger/open.js'

const freshMs = 1000

/**
 * Knows whether events can be stored: what /readyz says of the disk. `prove` throws storage trouble when nothing can be
 * written; it is called when nothing else was written for a second, since a server that is said not to be ready is sent
 * nothing that would show that it is again. `elapsed` is a clock in ms that never jumps.
 */
export function watchStorage(prove: () => void, elapsed = () => performance.now()) {
  let trouble: string | null = null
  let triedAt = Number.NEGATIVE_INFINITY

  const watched = <T>(write: () => T): T => {
    triedAt = elapsed()
    try {
      const written = write()
      trouble = null
      return written
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error)
      throw error
    }
  }

  return {
    /** Why the last event, or the last change that was only tried, could not be stored; null when it could. */
    trouble(): string | null {
      if (elapsed() - triedAt < freshMs) return trouble
      try {
        watched(prove)
      } catch (error) {
        if (!isStorageTrouble(error)) throw error
      }
      return trouble
    },

    /** `record`, whose end is remembered. */
    watch:
      <A, R>(record: (arrivals: A) => R) =>
      (arrivals: A): R =>
        watched(() => record(arrivals)),
  }
}
