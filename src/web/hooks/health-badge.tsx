import type { EndpointTrouble } from '../../ledger/endpoint-trouble.js'
import type { EndpointRow } from '../../ledger/endpoints.js'
import { Badge } from '../parts/badge.js'

interface HealthBadgeProps {
  endpoint: Pick<EndpointRow, 'disabledAt' | 'failuresSinceLastSuccess' | 'lastSuccessAt'>
  /** What goes wrong there now; undefined: nothing. */
  trouble: EndpointTrouble | undefined
}

/** How an endpoint fares, in a word or two. */
export function HealthBadge({ endpoint, trouble }: HealthBadgeProps) {
  const { disabledAt, failuresSinceLastSuccess: givenUp, lastSuccessAt } = endpoint
  if (disabledAt !== null) return <Badge tone="bad">disabled</Badge>
  // Some messages may wait after a failure while others get through.
  const failsNow = trouble !== undefined && trouble.at > (lastSuccessAt ?? 0)
  if (givenUp > 0 || failsNow) return <Badge tone="warn">failing</Badge>
  return lastSuccessAt === null ? (
    <Badge tone="quiet">no success yet</Badge>
  ) : (
    <Badge tone="good">healthy</Badge>
  )
}
