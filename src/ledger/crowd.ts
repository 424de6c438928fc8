import type { Database } from './open.js'

/**
 * The claims that wait and whose name and number are the same text when joined: one header proves all of them, for any
 * platform, though few numbers have so many.
 */
export interface Crowd {
  /**
   * One more is held as if it had been contradicted, so that a flood cannot have what is false told for want of time to ask.
   */
  isLarge: boolean
  /** Nothing more is kept of releases that the ledger does not know, and the sender is told so. */
  isFull: boolean
  /**
   * When the upstream is to be asked about one more, ms since the epoch: of a large crowd one by one, so that the news of
   * others need not wait for all of it.
   */
  checkAt(receivedAt: number): number
}

const mostAsked = 16
const apartMs = 1_000
/** No number has so many platforms. */
const mostKept = 100

/** Counts crowds, by the text that a header proves: name and number. */
export function crowdsIn({ $client: client }: Database): { about(text: string): Crowd } {
  // By the index on this very expression.
  const waiting = client.prepare<[string], { count: number; lastCheckAt: number | null }>(
    `SELECT count(*) AS count, max(check_at) AS lastCheckAt
     FROM claims JOIN events ON id = event_id WHERE claims.gem_name || claims.number = ?`,
  )
  return {
    about(text) {
      const { count, lastCheckAt } = waiting.get(text) ?? { count: 0, lastCheckAt: null }
      const isLarge = count >= mostAsked
      return {
        isLarge,
        isFull: count >= mostKept,
        checkAt: (receivedAt) => (isLarge ? Math.max(receivedAt, (lastCheckAt ?? 0) + apartMs) : receivedAt),
      }
    },
  }
}
