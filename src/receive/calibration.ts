import type { Signer } from '../secret.js'

/** Lets this installation have a webhook sent to itself and see what it is signed with, without keeping it. */
export interface Calibration {
  /** A text for the URL's query that is good for 5 minutes. */
  ticket(): string
  /** Whether a ticket was made by this installation and is still good. */
  check(ticket: string): boolean
}

/** What the receiver tells of a webhook that came with a good ticket. */
export interface Calibrated {
  status: 'calibration'
  name: string
  version: string
  /** The header as it arrived, cut to a sane length; null when it was missing. */
  authorization: string | null
  ticket: string
}

const goodForMs = 5 * 60_000

/** Tickets are a time and a mark, so nothing need be remembered. `now` gives ms since the epoch. */
export function createCalibration(signer: Signer, now: () => number): Calibration {
  return {
    ticket: () => signer.sign(String(now() + goodForMs)),
    check(ticket) {
      const expires = Number(signer.verify(ticket) ?? 0)
      return now() < expires
    },
  }
}
