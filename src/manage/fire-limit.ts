const windowMs = 60_000
const limit = 60

/** How often somebody may fire, whichever way: through the hook API, the JSON API or the page. */
export interface FireLimit {
  /** Counts a fire of `who`. Null: it may go on; else the seconds, 1 to 60, until it may. */
  count(who: string): number | null
}

interface Window {
  fires: number
  endsAt: number
}

/** Lets 60 a minute through for each, from their first one on. `elapsed`: ms, and it never jumps. */
export function createFireLimit(elapsed: () => number = () => performance.now()): FireLimit {
  const windows = new Map<string, Window>()

  // Strangers are counted by their addresses, of which there are many.
  const forgetEnded = (now: number) => {
    for (const [who, { endsAt }] of windows) {
      // The oldest windows come first.
      if (endsAt > now) return
      windows.delete(who)
    }
  }

  return {
    count(who) {
      const now = elapsed()
      forgetEnded(now)
      const window = windows.get(who) ?? { fires: 0, endsAt: now + windowMs }
      window.fires++
      windows.set(who, window)
      return window.fires <= limit ? null : Math.ceil((window.endsAt - now) / 1000)
    },
  }
}

/** What the fires of an API key, by its id, are counted under: also those of a session that it began. */
export function countedForKey(keyId: number): string {
  return `key ${keyId}`
}
