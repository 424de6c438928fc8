import { type Overview, type OverviewParts, readOverview } from '../../src/watch/overview.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import { factsOf, payloadOf } from '../helpers/webhooks.js'

export const upstreamHost = 'https://rubygems.org'

/** A real ledger, and what happens to it as if webhooks and catching up had filled it. */
export interface Stage {
  temp: TempLedger
  /** A webhook, or catching up, tells of a release of the gem; the event's id. `toCheck`: the upstream is to be asked. */
  tell(
    source: 'webhook' | 'catch-up',
    gemName: string,
    at?: number,
    toCheck?: boolean,
    isHistory?: boolean,
  ): number
  overview(now?: number, parts?: Partial<OverviewParts>): Overview
}

export function openStage(): Stage {
  const temp = openTempLedger()
  return {
    temp,
    tell(source, gemName, at = testTime, toCheck = false, isHistory = false) {
      const payload = payloadOf(factsOf({ name: gemName }))
      const release = { gemName, number: '1.4.2', platform: 'ruby', yanked: false }
      const [receipt] = temp.ledger.arrivals.record([
        { ...release, payload, receivedAt: at, createdAt: at, source, toCheck, isHistory },
      ])
      if (receipt === undefined || receipt.status === 'crowded')
        throw new Error('The ledger did not keep it.')
      return receipt.eventId
    },
    overview: (now = testTime, parts = {}) =>
      readOverview(
        {
          ledger: temp.ledger,
          rubygemsHost: upstreamHost,
          silenceMs: 30 * 60_000,
          listeningSince: null,
          warnings: [],
          ...parts,
        },
        now,
      ),
  }
}
