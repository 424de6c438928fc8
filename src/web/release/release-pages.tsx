import express, { type Request, type Response, type Router } from 'express'
import { knownPrevious } from '../../known-previous.js'
import type { EventRow } from '../../ledger/events.js'
import { isGemName } from '../../payload.js'
import { isVersion } from '../../version.js'
import { redeliveriesIn, redeliveryParameter } from '../dead/redeliveries-in.js'
import { RedeliveryProgress } from '../dead/redelivery-progress.js'
import { field } from '../form.js'
import { idIn } from '../id-in.js'
import { localPath } from '../local-path.js'
import { onePage } from '../one-page.js'
import { queryIn } from '../query-in.js'
import { releasePath } from '../releases/release-path.js'
import { sendPage } from '../send-page.js'
import { sendProblem } from '../send-problem.js'
import { sessionIn } from '../session.js'
import type { WebParts } from '../web-parts.js'
import { cursorIn } from './cursor.js'
import { deliveriesOfVersion } from './deliveries-of-version.js'
import { DeliveriesPanel, type DeliveriesSeen } from './deliveries-panel.js'
import { stateNamed } from './delivery-words.js'
import { noticeParameter, redeliveredNotice } from './redelivered-notice.js'
import { ReleaseBody } from './release-body.js'
import { VersionBadge } from './version-badge.js'
import { withParameter } from './with-parameter.js'

/** What the page is built from. */
type ReleaseParts = Pick<WebParts, 'ledger' | 'redeliveries' | 'gemPage' | 'wake' | 'now'>

const rowsOnPage = 25

/** The page of one version of a gem, and asking for its deliveries again. */
export function releasePages(parts: ReleaseParts): Router {
  const router = express.Router()
  router.get('/gems/:gem/versions/:number', (req, res) => sendRelease(req, res, parts))
  router.post('/gems/:gem/versions/:number/redeliver-dead', (req, res) => redeliverDead(req, res, parts))
  router.post('/deliveries/:id/redeliver', (req, res) => redeliverOne(req, res, parts))
  return router
}

type VersionRequest = Request<{ gem: string; number: string }>

function sendRelease(req: VersionRequest, res: Response, parts: ReleaseParts): void {
  const events = eventsOf(req, parts)
  const [newest] = events
  if (newest === undefined) sendUnknown(res)
  else sendKnown(req, res, parts, [newest, ...events.slice(1)])
}

/** Newest first; none for what cannot be the name of a gem, or a version. */
function eventsOf({ params: { gem, number } }: VersionRequest, { ledger }: ReleaseParts): EventRow[] {
  return isGemName(gem) && isVersion(number) ? ledger.events.ofVersion(gem, number) : []
}

function sendKnown(
  req: VersionRequest,
  res: Response,
  parts: ReleaseParts,
  events: [EventRow, ...EventRow[]],
): void {
  const [{ gemName, number }] = events
  const query = queryIn(req)
  const session = sessionIn(res)
  const previousOf = knownPrevious(parts.ledger)
  const asked = redeliveriesIn(query, session.accountId, parts)
  sendPage(res, {
    title: `${gemName} ${number}`,
    room: 'releases',
    notice: redeliveredNotice(query),
    feed: { href: `/gems/${encodeURIComponent(gemName)}.atom`, title: `Releases of ${gemName}` },
    aside: (
      <>
        <VersionBadge events={events} previousOf={previousOf} />
        <a href={`/?gem=${encodeURIComponent(gemName)}`}>All releases of {gemName}</a>
      </>
    ),
    body: (
      <div class="stack release-page">
        {asked !== null && <RedeliveryProgress asked={asked} />}
        <ReleaseBody events={events} platform={query.get('platform')} previousOf={previousOf} parts={parts} />
        <DeliveriesPanel
          seen={deliveriesSeen(req, parts, session.accountId, events)}
          session={session}
          ledger={parts.ledger}
          now={parts.now()}
        />
      </div>
    ),
  })
}

function sendUnknown(res: Response): void {
  sendProblem(res, {
    status: 404,
    title: 'This release is not known here',
    text: 'gemherald has not heard of it. It knows what webhooks told it and what catching up found; look for the gem in the list of releases.',
  })
}

function deliveriesSeen(
  req: VersionRequest,
  { ledger }: ReleaseParts,
  accountId: number,
  events: readonly EventRow[],
): DeliveriesSeen {
  const query = queryIn(req)
  const eventIds = events.map(({ id }) => id)
  const state = stateNamed(query.get('state'))
  const before = cursorIn(query.get('before'))
  const { rows, last } = onePage(rowsOnPage, (limit) =>
    deliveriesOfVersion(ledger, { accountId, eventIds, state, before, limit }),
  )
  return {
    gemName: req.params.gem,
    number: req.params.number,
    counts: ledger.events.counts(accountId, eventIds),
    state,
    rows,
    last,
    isLater: before !== null,
    back: without(localPath(req.originalUrl), noticeParameter, redeliveryParameter),
  }
}

function without(path: string, ...names: string[]): string {
  return names.reduce((rest, name) => withParameter(rest, name, null), path)
}

/** Starts one redelivery for each platform with dead deliveries: an event belongs to one platform. */
function redeliverDead(req: VersionRequest, res: Response, parts: ReleaseParts): void {
  const { ledger, redeliveries } = parts
  const { accountId } = sessionIn(res)
  const ids = eventsOf(req, parts)
    .filter(({ id }) => ledger.events.counts(accountId, [id]).dead > 0)
    .map(({ id }) => redeliveries.start(accountId, { eventId: id }).id)
  const path = releasePath(req.params.gem, req.params.number)
  res.redirect(303, ids.length === 0 ? path : withParameter(path, redeliveryParameter, ids.join('.')))
}

function redeliverOne(req: Request<{ id: string }>, res: Response, parts: ReleaseParts): void {
  const { ledger, wake, now } = parts
  const { accountId } = sessionIn(res)
  const id = idIn(req.params.id)
  const redelivered = id === null ? 'not_found' : ledger.redeliver.one(accountId, id, now())
  if (redelivered === 'redelivered') wake()
  res.redirect(303, withParameter(localPath(field(req, 'back')), noticeParameter, redelivered))
}
