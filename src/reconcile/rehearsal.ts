import { classify, type KnownState } from '../event.js'
import type { Arrivals } from '../ledger/arrivals.js'
import type { Keep } from './arrivals.js'

/** Answers arrivals as the ledger would, one after the other, and keeps nothing. Their events have no number. */
export function rehearse({ stateOf }: Pick<Arrivals, 'stateOf'>): Keep {
  const states = new Map<string, KnownState>()
  return (arrivals) =>
    arrivals.map((arrival) => {
      const { gemName, number, platform, yanked } = arrival
      const release = `${gemName} ${number} ${platform}`
      const status = classify(states.get(release) ?? stateOf(arrival), yanked)
      states.set(release, yanked ? 'yanked' : 'live')
      return { status, eventId: 0 }
    })
}
