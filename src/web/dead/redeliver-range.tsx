import { mostCounted } from '../../ledger/delivery-counts.js'
import type { DeadOfEndpoint } from '../../ledger/delivery-list.js'
import type { CountedAble } from '../../ledger/redeliver.js'
import { Action } from '../parts/action.js'
import { countText } from '../releases/delivery-bar.js'
import { type DeadFilter, deadFields, isNarrowed } from './dead-view.js'

interface RedeliverRangeProps {
  filter: DeadFilter
  counted: CountedAble
  /** Endpoints with dead letters, of this page. */
  groups: readonly DeadOfEndpoint[]
  csrf: string
}

/** Sends all that match again, or says why none can go. */
export function RedeliverRange({ filter, counted, groups, csrf }: RedeliverRangeProps) {
  const { count, able, next } = counted
  if (count === 0 && next === null) return null
  if (able === 0 && next === null) return <NoneCanGo filter={filter} groups={groups} />
  const text = buttonText(filter, counted)
  return (
    <div class="cluster">
      <Action to="/dead/redeliver" csrf={csrf} fields={deadFields(filter)} tone="info" ask={`${text}?`}>
        {text}
      </Action>
      {next === null && able < count && (
        <span class="muted">
          {countText(Math.min(count - able, mostCounted))} more cannot go: their endpoint is disabled, or no
          hook leads to it.
        </span>
      )}
    </div>
  )
}

function NoneCanGo({ filter: { endpointId }, groups }: Pick<RedeliverRangeProps, 'filter' | 'groups'>) {
  const only = endpointId ?? (groups.length === 1 ? groups[0]?.endpointId : undefined)
  return (
    <p>
      None of these can go: the endpoint is disabled, or no hook leads to it any more.{' '}
      {only === undefined ? (
        <a href="#by-endpoint">Choose what to enable</a>
      ) : (
        <a href={`/endpoints/${only}`}>Enable it, or add its hook</a>
      )}
    </p>
  )
}

/** What is not counted to its end has no number, or it is one of many. */
function buttonText(filter: DeadFilter, { able, next }: CountedAble): string {
  if (able === 1 && next === null) return 'Redeliver this one'
  const isNumbered = next === null || able >= mostCounted
  const number = isNumbered ? ` ${countText(Math.min(able, mostCounted))}` : ''
  return `Redeliver all${number} ${isNarrowed(filter) ? 'that match' : 'of all endpoints'}`
}
