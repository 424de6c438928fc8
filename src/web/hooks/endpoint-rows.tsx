import type { EndpointRow } from '../../ledger/endpoints.js'
import { Badge } from '../parts/badge.js'
import type { WebParts } from '../web-parts.js'
import { channelWords } from './channel-words.js'
import { FailureCount } from './failure-count.js'
import { GemName } from './gem-name.js'
import { HealthBadge } from './health-badge.js'
import { HealthLine } from './health-line.js'
import { HookActions } from './hook-actions.js'
import { shortUrl } from './short-url.js'
import { SwitchEndpoint } from './switch-endpoint.js'

interface EndpointRowsProps {
  endpoints: readonly EndpointRow[]
  csrf: string
  /** Where a change leads back to. */
  back: string
  parts: Pick<WebParts, 'ledger' | 'pace' | 'now'>
}

const mostHooks = 10

/** Endpoints, each with its health and the hooks that lead to it. */
export function EndpointRows({ endpoints, csrf, back, parts }: EndpointRowsProps) {
  return (
    <ul class="rows hook-list">
      {endpoints.map((endpoint) => (
        <Row key={endpoint.id} endpoint={endpoint} csrf={csrf} back={back} parts={parts} />
      ))}
    </ul>
  )
}

interface RowProps extends Omit<EndpointRowsProps, 'endpoints'> {
  endpoint: EndpointRow
}

function Row({ endpoint, csrf, back, parts: { ledger, pace, now } }: RowProps) {
  const { id, channel, url } = endpoint
  const trouble = ledger.endpointTroubles.now(id)
  return (
    <li>
      <div class="hook-head">
        <Badge tone="quiet">{channelWords[channel]}</Badge>
        <a class="hook-url" href={`/endpoints/${id}`} data-row>
          {shortUrl(url)}
        </a>
        <HealthBadge endpoint={endpoint} trouble={trouble} />
        <SwitchEndpoint endpoint={endpoint} csrf={csrf} back={back} />
      </div>
      <HealthLine endpoint={endpoint} trouble={trouble} pace={pace(id, channel)} now={now()} />
      <EndpointHooks endpoint={endpoint} csrf={csrf} back={back} />
    </li>
  )
}

function EndpointHooks({ endpoint, csrf, back }: { endpoint: EndpointRow; csrf: string; back: string }) {
  const { id, hooks } = endpoint
  return (
    <ul class="hooks-of">
      {hooks.slice(0, mostHooks).map((hook) => (
        <li key={hook.gemName} data-key={`${hook.gemName} ${hook.url}`}>
          <GemName name={hook.gemName} />
          <FailureCount count={hook.failureCount} />
          <HookActions hook={hook} endpoint={endpoint} csrf={csrf} back={back} />
        </li>
      ))}
      {hooks.length > mostHooks && (
        <li>
          <a href={`/endpoints/${id}`}>{hooks.length - mostHooks} more hooks of this endpoint</a>
        </li>
      )}
    </ul>
  )
}
