import { type Channel, inboxOf } from '../../endpoint.js'
import type { DeliveryRow } from '../../ledger/delivery-list.js'
import type { EndpointRow } from '../../ledger/endpoints.js'
import { plain } from '../../plain-text.js'
import { Badge } from '../parts/badge.js'
import { Empty } from '../parts/empty.js'
import { Field } from '../parts/field.js'
import { Moment } from '../parts/moment.js'
import { Panel } from '../parts/panel.js'
import type { Session } from '../session.js'
import type { WebParts } from '../web-parts.js'
import { channelWords } from './channel-words.js'
import { EndpointDeliveries } from './endpoint-deliveries.js'
import { type EndpointView, hrefOf } from './endpoint-view.js'
import { FailureCount } from './failure-count.js'
import { GemName } from './gem-name.js'
import { HealthBadge } from './health-badge.js'
import { HookActions } from './hook-actions.js'
import { paceText } from './pace-text.js'
import { SwitchEndpoint } from './switch-endpoint.js'
import { TroubleText } from './trouble-text.js'

interface EndpointPageProps {
  endpoint: EndpointRow
  deliveries: readonly DeliveryRow[]
  view: EndpointView
  /** What the page of deliveries after this one begins after; null: there is none. */
  next: EndpointView['before']
  session: Session
  parts: Pick<WebParts, 'ledger' | 'pace' | 'now'>
}

/** One endpoint: how it fares, who leads to it, and what was sent to it. */
export function EndpointPage(props: EndpointPageProps) {
  const { endpoint, deliveries, view, next, session, parts } = props
  const back = hrefOf(endpoint.id, view)
  return (
    <div class="stack">
      <Panel id="health" title="Health" live>
        <Health endpoint={endpoint} parts={parts} />
        <div class="cluster">
          <SwitchEndpoint endpoint={endpoint} csrf={session.csrf} back={back} />
          <span class="muted">
            {endpoint.disabledAt === null
              ? 'Disabling cancels what still waits to be sent to it.'
              : 'Enabling forgets its failures.'}
          </span>
        </div>
      </Panel>
      <Panel id="hooks" title="Hooks" live>
        <EndpointHooks endpoint={endpoint} csrf={session.csrf} back={back} />
        <AnotherGem endpoint={endpoint} csrf={session.csrf} back={back} />
      </Panel>
      <EndpointDeliveries
        endpointId={endpoint.id}
        deliveries={deliveries}
        view={view}
        next={next}
        session={session}
        ledger={parts.ledger}
        now={parts.now()}
      />
    </div>
  )
}

function Health({ endpoint, parts }: Pick<EndpointPageProps, 'endpoint' | 'parts'>) {
  const { id, channel, url, disabledAt, disabledReason, lastSuccessAt, lastFailureAt } = endpoint
  const inbox = inboxOf(url)
  const now = parts.now()
  const trouble = parts.ledger.endpointTroubles.now(id)
  const when = (at: number | null) => (at === null ? 'never' : <Moment at={at} now={now} />)
  return (
    <dl class="facts">
      <dt>State</dt>
      <dd>
        <HealthBadge endpoint={endpoint} trouble={trouble} />
      </dd>
      {trouble !== undefined && (
        <>
          <dt>Now</dt>
          <dd>
            <TroubleText trouble={trouble} now={now} />
          </dd>
        </>
      )}
      {disabledAt !== null && (
        <>
          <dt>Disabled</dt>
          <dd>
            <Moment at={disabledAt} now={now} />: {plain(disabledReason, 1_000) || 'no reason was kept'}
          </dd>
        </>
      )}
      <dt>Channel</dt>
      <dd>
        <Badge tone="quiet">{channelWords[channel]}</Badge>
      </dd>
      <dt>Address</dt>
      <dd class="mono whole-url">
        {url}
        {inbox !== null && (
          <>
            {' '}
            <a href={`/inbox/${inbox}`}>Open the inbox</a>
          </>
        )}
      </dd>
      {isSecret(channel) && (
        <>
          <dt />
          <dd class="muted">Whoever knows this address can post to it: keep it to yourself.</dd>
        </>
      )}
      <dt>Last success</dt>
      <dd>{when(lastSuccessAt)}</dd>
      <dt>Last given up</dt>
      <dd>{when(lastFailureAt)}</dd>
      <dt>Given up since the last success</dt>
      <dd>{endpoint.failuresSinceLastSuccess}</dd>
      <dt>Pace</dt>
      <dd>{paceText(parts.pace(id, channel))}</dd>
      <dt>Here since</dt>
      <dd>{when(endpoint.createdAt)}</dd>
    </dl>
  )
}

function isSecret(channel: Channel): boolean {
  return channel === 'slack' || channel === 'webhook'
}

interface FormsProps {
  endpoint: EndpointRow
  csrf: string
  /** Where a change leads back to. */
  back: string
}

const mostHooks = 200

function EndpointHooks({ endpoint, csrf, back }: FormsProps) {
  const { hooks } = endpoint
  if (hooks.length === 0)
    return (
      <Empty title="No hook leads here any more">
        <p>Its deliveries are kept. Add a gem below to have it told of releases again.</p>
      </Empty>
    )
  return (
    <>
      <ul class="hooks-of">
        {hooks.slice(0, mostHooks).map((hook) => (
          <li key={hook.gemName} data-key={`${hook.gemName} ${hook.url}`}>
            <GemName name={hook.gemName} />
            <FailureCount count={hook.failureCount} />
            <a href={`/preview?${new URLSearchParams({ gem: hook.gemName })}#preview-${endpoint.channel}`}>
              How it looks
            </a>
            <HookActions hook={hook} endpoint={endpoint} csrf={csrf} back={back} />
          </li>
        ))}
      </ul>
      {hooks.length > mostHooks && (
        <p>
          {hooks.length - mostHooks} more are not shown: <a href="/hooks?by=gem">search all hooks by gem</a>.
        </p>
      )}
    </>
  )
}

function AnotherGem({ endpoint, csrf, back }: FormsProps) {
  return (
    <form class="line-form" method="post" action="/hooks">
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="url" value={endpoint.url} />
      <input type="hidden" name="channel" value={endpoint.channel} />
      <input type="hidden" name="back" value={back} />
      <Field label="Another gem for this address" name="gem" required />
      <button class="button" type="submit">
        Add hook
      </button>
    </form>
  )
}
