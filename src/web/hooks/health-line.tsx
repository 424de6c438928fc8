import type { PaceNow } from '../../dispatch/pace.js'
import type { EndpointTrouble } from '../../ledger/endpoint-trouble.js'
import type { EndpointRow } from '../../ledger/endpoints.js'
import { plain } from '../../plain-text.js'
import { Moment } from '../parts/moment.js'
import { paceText } from './pace-text.js'
import { TroubleText } from './trouble-text.js'

interface HealthLineProps {
  endpoint: EndpointRow
  /** What goes wrong there now; undefined: nothing. */
  trouble: EndpointTrouble | undefined
  pace: PaceNow
  now: number
}

/** An endpoint's health in one line of a list. */
export function HealthLine({ endpoint, trouble, pace, now }: HealthLineProps) {
  const { lastSuccessAt, failuresSinceLastSuccess: givenUp, disabledAt, disabledReason } = endpoint
  return (
    <p class="muted health">
      {disabledAt !== null && (
        <span>
          Disabled <Moment at={disabledAt} now={now} />: {plain(disabledReason, 300) || 'no reason was kept'}
        </span>
      )}
      <span>
        {lastSuccessAt === null ? (
          'No success yet'
        ) : (
          <>
            Last success <Moment at={lastSuccessAt} now={now} />
          </>
        )}
      </span>
      {trouble !== undefined && (
        <span>
          <TroubleText trouble={trouble} now={now} />
        </span>
      )}
      {givenUp > 0 && <span>{givenUp} given up since</span>}
      {(pace.underWay > 0 || pace.restMs > 0) && <span>{paceText(pace)}</span>}
    </p>
  )
}
