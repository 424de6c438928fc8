import type { ComponentChildren } from 'preact'
import type { Overview } from '../../watch/overview.js'
import { Moment } from '../parts/moment.js'
import { Panel } from '../parts/panel.js'

/** What has come in and what was made of it, in numbers. */
export function Numbers({ overview, now }: { overview: Overview; now: number }) {
  const { events, confirmations, wanted, completeUntil, lastCompleteWindow } = overview
  const facts: [string, string | number][] = [
    ['Told by webhooks alone', events.webhook],
    ['Told by catching up alone', events.catchUp],
    ['Told by both', events.both],
    ['Missed by webhooks', overview.missedByWebhooks],
    ['Confirmed by the upstream', confirmations.confirmed],
    ['Unconfirmed', confirmations.unconfirmed],
    ['Refuted', confirmations.refuted],
    ['Claims that wait for a check', overview.claimsWaiting],
    ['Deliveries that wait', overview.deliveriesPending],
    ['Gems that hooks here name', wanted.all ? 'all' : wanted.gems],
  ]
  return (
    <Panel id="numbers" title="In numbers" live>
      <dl class="numbers">
        {facts.map(([name, value]) => (
          <Fact key={name} name={name}>
            {value.toLocaleString('en')}
          </Fact>
        ))}
        <Fact name="Caught up until">
          {completeUntil === null ? 'never' : <Moment at={completeUntil.at} now={now} />}
        </Fact>
        <Fact name="Last complete look">
          {lastCompleteWindow === null ? 'never' : <Moment at={lastCompleteWindow.at} now={now} />}
        </Fact>
      </dl>
    </Panel>
  )
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
