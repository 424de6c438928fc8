import express, { type Request, type Response, type Router } from 'express'
import type { DeadOfEndpoint } from '../../ledger/delivery-list.js'
import { field } from '../form.js'
import { Empty } from '../parts/empty.js'
import { Pager } from '../parts/pager.js'
import { DeliveryItem } from '../release/delivery-item.js'
import { redeliveredNotice } from '../release/redelivered-notice.js'
import { withParameter } from '../release/with-parameter.js'
import { queryIn } from '../releases/query-in.js'
import { type Page, sendPage } from '../send-page.js'
import { type Session, sessionIn } from '../session.js'
import type { WebParts } from '../web-parts.js'
import { DeadGroups } from './dead-groups.js'
import { DeadRange } from './dead-range.js'
import {
  beforeIn,
  type DeadFilter,
  deadFilterIn,
  deadHref,
  groupsAfterIn,
  groupsHref,
  isNarrowed,
} from './dead-view.js'
import { RedeliverRange } from './redeliver-range.js'
import { redeliveriesIn, redeliveryParameter } from './redeliveries-in.js'
import { RedeliveryProgress } from './redelivery-progress.js'

/** What the page is built from. */
export type DeadParts = Pick<WebParts, 'ledger' | 'redeliveries' | 'now'>

const rowsOnPage = 25
const groupsOnPage = 25

/** What was given up: why, since when, and a way to send it again. */
export function deadPages(parts: DeadParts): Router {
  const router = express.Router()

  router.get('/dead', (req, res) => {
    const query = queryIn(req)
    const filter = deadFilterIn((name) => query.get(name))
    if (!filter.ok) return sendDead(req, res, parts, {}, refusal(filter.problem.message))
    sendDead(req, res, parts, filter.value, { notice: redeliveredNotice(query) })
  })

  router.post('/dead/redeliver', (req, res) => {
    const filter = deadFilterIn((name) => field(req, name))
    // A range that cannot be read must not become "all of them".
    if (!filter.ok) return sendDead(req, res, parts, {}, refusal(filter.problem.message))
    const { id } = parts.redeliveries.start(sessionIn(res).accountId, filter.value)
    res.redirect(303, withParameter(deadHref(filter.value, null), redeliveryParameter, id))
  })

  return router
}

type Said = Pick<Page, 'status' | 'notice'>

function refusal(text: string): Said {
  return { status: 400, notice: { tone: 'bad', text } }
}

function sendDead(req: Request, res: Response, parts: DeadParts, filter: DeadFilter, said: Said): void {
  const session = sessionIn(res)
  const query = queryIn(req)
  const asked = redeliveriesIn(query, session.accountId, parts)
  sendPage(res, {
    ...said,
    title: 'Dead letters',
    room: 'dead',
    body: (
      <div class="stack dead-page">
        {asked !== null && <RedeliveryProgress asked={asked} />}
        <DeadLetters
          filter={filter}
          back={deadHref(filter, beforeIn(query))}
          query={query}
          session={session}
          parts={parts}
        />
      </div>
    ),
  })
}

interface DeadLettersProps {
  filter: DeadFilter
  /** The page's own address, where a person comes back to. */
  back: string
  query: URLSearchParams
  session: Session
  parts: Pick<DeadParts, 'ledger' | 'now'>
}

function DeadLetters({ filter, back, query, session, parts: { ledger, now } }: DeadLettersProps) {
  const { accountId, csrf } = session
  const after = groupsAfterIn(query)
  const found = ledger.deliveryList.deadByEndpoint(accountId, { after, limit: groupsOnPage + 1 })
  const isEmpty = found.length === 0 && after === null
  const groups = found.slice(0, groupsOnPage)
  const lastId = groups.at(-1)?.endpointId ?? null
  // One shell for both: what is hidden appears, and goes away again, when the page is brought up to date.
  return (
    <>
      <DeadGroups
        groups={groups}
        hidden={isEmpty}
        first={after === null ? null : groupsHref(filter, null)}
        next={found.length > groupsOnPage ? groupsHref(filter, lastId) : null}
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
  { endpoints }: Pick<DeadParts['ledger'], 'endpoints'>,
): Pick<DeadOfEndpoint, 'endpointId' | 'url'>[] {
  if (endpointId === undefined || groups.some((group) => group.endpointId === endpointId)) return [...groups]
  const chosen = endpoints.find(accountId, endpointId)
  return chosen === undefined ? [...groups] : [...groups, { endpointId, url: chosen.url }]
}

function Letters({ filter, back, query, session, parts: { ledger, now } }: DeadLettersProps) {
  const { accountId, csrf } = session
  const before = beforeIn(query)
  const asked = { ...filter, state: 'dead' as const }
  const { rows, next } = ledger.deliveryList.list(accountId, asked, { before, limit: rowsOnPage })
  if (rows.length === 0 && next === null) return <NothingDeadHere filter={filter} />
  return (
    <>
      {rows.length === 0 && <p class="muted">None among those looked at so far: go on to the older ones.</p>}
      <ol class="rows deliveries">
        {rows.map((delivery) => (
          <DeliveryItem
            key={delivery.id}
            delivery={delivery}
            tries={ledger.deliveryList.tries(accountId, delivery.id)}
            namesRelease
            csrf={csrf}
            back={back}
            now={now()}
          />
        ))}
      </ol>
      <Pager
        newer={before === null ? null : deadHref(filter, null)}
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
