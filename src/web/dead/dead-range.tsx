import type { DeadOfEndpoint } from '../../ledger/delivery-list.js'
import { plain } from '../../plain-text.js'
import { shortUrl } from '../hooks/short-url.js'
import { type DeadFilter, deadFields, isNarrowed } from './dead-view.js'
import { UtcField } from './utc-field.js'

interface DeadRangeProps {
  filter: DeadFilter
  /** What can be chosen: more of them are found by their own links. */
  endpoints: readonly Pick<DeadOfEndpoint, 'endpointId' | 'url'>[]
}

/** Narrows the list by endpoint and time. */
export function DeadRange({ filter, endpoints }: DeadRangeProps) {
  const { since = '', until = '' } = deadFields(filter)
  return (
    <form class="toolbar dead-range" method="get" action="/dead">
      <div class="field">
        <label for="field-endpoint">Endpoint</label>
        <select id="field-endpoint" name="endpoint">
          <option value="">All endpoints</option>
          {endpoints.map(({ endpointId, url }) => (
            <option
              key={endpointId}
              data-key={endpointId}
              value={endpointId}
              selected={endpointId === filter.endpointId}
            >
              {plain(shortUrl(url), 100)}
            </option>
          ))}
        </select>
      </div>
      <UtcField label="Given up from" name="since" value={since} />
      <UtcField label="until" name="until" value={until} />
      <button class="button" type="submit">
        Show
      </button>
      {isNarrowed(filter) && <a href="/dead">Show all</a>}
    </form>
  )
}
