import type { DeadOfEndpoint } from '../../ledger/delivery-list.js'
import { onePage } from '../one-page.js'
import { Empty } from '../parts/empty.js'
import { Pager } from '../parts/pager.js'
import { DeliveryList } from '../release/delivery-list.js'
import type { Session } from '../session.js'
import type { WebParts } from '../web-parts.js'
import { DeadGroups } from './dead-groups.js'
import { DeadRange } from './dead-range.js'
import { beforeIn, type DeadFilter, deadHref, groupsAfterIn, groupsHref, isNarrowed } from './dead-view.js'
import { RedeliverRange } from './redeliver-range.js'

const rowsOnPage = 25
const groupsOnPage = 25

interface DeadLettersProps {
  filter: DeadFilter
  /** The page's own address, where a person comes back to. */
  back: string
  query: URLSearchParams
  session: Session
  parts: Pick<WebParts, 'ledger' | 'now'>
}

/** What was given up, by endpoint and one by one. */
export function DeadLetters({ filter, back, query, session, parts: { ledger, now } }: DeadLettersProps) {
  const { accountId, csrf } = session
  const after = groupsAfterIn(query)
  const { rows: groups, last } = onePage(groupsOnPage, (limit) =>
    ledger.deliveryList.deadByEndpoint(accountId, { after, limit }),
  )
  const isEmpty = groups.length === 0 && after === null
  // One shell for both: what is hidden appears, and goes away again, when the page is brought up to date.
  return (
    <>
      <DeadGroups
        groups={groups}
        hidden={isEmpty}
        first={after === null ? null : groupsHref(filter, null)}
        next={last && groupsHref(filter, last.endpointId)}
        accountId={accountId}
        csrf={csrf}
        ledger={ledger}
        now={now()}
      />
      <section class="stack" aria-label="Letters">
        <div class="stack" data-live="dead-filter" hidden={isEmpty}>
          <h2>Letters</h2>
          <DeadRange filter={filter} endpoints={withChosen(groups, filter, accountId, ledger)} />
          <RedeliverRange
            filter={filter}
            counted={ledger.redeliver.countAble(accountId, filter)}
            groups={groups}
            csrf={csrf}
          />
        </div>
        <div class="stack" data-live="dead">
          {isEmpty ? (
            <NothingDead />
          ) : (
            <Letters filter={filter} back={back} query={query} session={session} parts={{ ledger, now }} />
          )}
        </div>
      </section>
    </>
  )
}

/** The endpoint that the list is narrowed to need not be among those shown. */
function withChosen(
  groups: readonly DeadOfEndpoint[],
  { endpointId }: DeadFilter,
  accountId: number,
  { endpoints }: Pick<WebParts['ledger'], 'endpoints'>,
): Pick<DeadOfEndpoint, 'endpointId' | 'url'>[] {
  if (endpointId === undefined || groups.some((group) => group.endpointId === endpointId)) return [...groups]
  const chosen = endpoints.find(accountId, endpointId)
  return chosen === undefined ? [...groups] : [...groups, { endpointId, url: chosen.url }]
}

function Letters({ filter, back, query, session, parts: { ledger, now } }: DeadLettersProps) {
  const { accountId } = session
  const before = beforeIn(query)
  const asked = { ...filter, state: 'dead' as const }
  const { rows, next } = ledger.deliveryList.list(accountId, asked, { before, limit: rowsOnPage })
  if (rows.length === 0 && next === null) return <NothingDeadHere filter={filter} />
  return (
    <>
      {rows.length === 0 && <p class="muted">None among those looked at so far: go on to the older ones.</p>}
      <DeliveryList
        deliveries={rows}
        namesRelease
        session={session}
        back={back}
        ledger={ledger}
        now={now()}
      />
      <Pager
        newest={before === null ? null : deadHref(filter, null)}
        older={next === null ? null : deadHref(filter, next)}
      />
    </>
  )
}

function NothingDead() {
  return (
    <Empty title="Nothing was given up">
      <p>
        A message that an endpoint will not take is tried again for about a day. What has failed by then is
        kept here with the reason, until you send it again. <a href="/hooks">See how your endpoints fare</a>.
      </p>
    </Empty>
  )
}

function NothingDeadHere({ filter }: { filter: DeadFilter }) {
  return (
    <Empty title="Nothing here">
      <p>
        {isNarrowed(filter) ? 'No dead letter fits this endpoint and these times.' : 'There are no more.'}{' '}
        <a href="/dead">Show all</a>.
      </p>
    </Empty>
  )
}
