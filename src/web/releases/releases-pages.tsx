import express, { type Request, type Response, type Router } from 'express'
import { knownPrevious } from '../../known-previous.js'
import { onePage } from '../one-page.js'
import { Pager } from '../parts/pager.js'
import { queryIn } from '../query-in.js'
import { sendPage } from '../send-page.js'
import { sessionIn } from '../session.js'
import type { WebParts } from '../web-parts.js'
import { lastDays } from './days.js'
import { LatencyChart } from './latency-chart.js'
import { NoReleasesYet, NothingFound } from './no-releases.js'
import { ReleaseRows } from './release-rows.js'
import { ReleaseToolbar } from './release-toolbar.js'
import { hrefOf, isNarrow, type ReleaseView, viewOf } from './release-view.js'
import { ReleasesChart } from './releases-chart.js'

/** What the page is built from. */
type ReleasesParts = Pick<WebParts, 'ledger' | 'now'>

const rowsOnPage = 50

/** The home of the page: what was released, newest first. */
export function releasesPages(parts: ReleasesParts): Router {
  const router = express.Router()
  router.get('/', (req, res) => sendReleases(req, res, parts))
  return router
}

function sendReleases(req: Request, res: Response, parts: ReleasesParts): void {
  const { accountId } = sessionIn(res)
  const view = viewOf(queryIn(req))
  sendPage(res, {
    title: 'Releases',
    room: 'releases',
    feed: feedOf(view, parts),
    body: <Releases view={view} accountId={accountId} parts={parts} />,
  })
}

function feedOf(
  { filter: { gem } }: ReleaseView,
  { ledger: { releases } }: ReleasesParts,
): { href: string; title: string } {
  if (gem === undefined || !releases.knowsGem(gem)) return { href: '/feed.atom', title: 'All releases' }
  return { href: `/gems/${encodeURIComponent(gem)}.atom`, title: `Releases of ${gem}` }
}

interface ReleasesProps {
  view: ReleaseView
  accountId: number
  parts: ReleasesParts
}

function Releases({ view, accountId, parts }: ReleasesProps) {
  const { events, endpoints } = parts.ledger
  if (events.newestId() === 0)
    return <Beginning hasHooks={endpoints.list(accountId, {}, { after: null, limit: 1 }).length > 0} />
  return (
    <div class="releases-page">
      <section class="stack" aria-label="List of releases">
        <ReleaseToolbar view={view} />
        <div class="stack" data-live="releases">
          <List view={view} accountId={accountId} parts={parts} />
        </div>
      </section>
      <aside class="stack" aria-label="The last 30 days" data-live="charts">
        <Charts accountId={accountId} parts={parts} />
      </aside>
    </div>
  )
}

/** What the first release will take the place of, without a reload. */
function Beginning({ hasHooks }: { hasHooks: boolean }) {
  return (
    <div class="stack" data-live="beginning">
      <NoReleasesYet hasHooks={hasHooks} />
    </div>
  )
}

function List({ view, accountId, parts: { ledger, now } }: ReleasesProps) {
  const { filter, before } = view
  const { rows, last } = onePage(rowsOnPage, (limit) =>
    ledger.events.releases(accountId, filter, { before, limit }),
  )
  if (rows.length === 0 && (isNarrow(view) || before !== null)) return <NothingFound />
  return (
    <>
      <ReleaseRows rows={rows} previousOf={knownPrevious(ledger)} now={now()} />
      <Pager
        newest={before === null ? null : hrefOf({ ...view, before: null })}
        older={last && hrefOf({ ...view, before: last.newest.id })}
      />
    </>
  )
}

function Charts({ accountId, parts: { ledger, now } }: Omit<ReleasesProps, 'view'>) {
  const days = lastDays(now())
  const [sinceDay = 0] = days
  return (
    <>
      <ReleasesChart days={days} counts={ledger.events.perDay(sinceDay)} />
      <LatencyChart days={days} latencies={ledger.latencies.read(accountId, sinceDay)} />
    </>
  )
}
