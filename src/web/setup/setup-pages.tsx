import { type RequestHandler, type Response, Router } from 'express'
import { verifyClaim } from '../../receive/verify-claim.js'
import { field } from '../form.js'
import { queryIn } from '../query-in.js'
import { sendPage } from '../send-page.js'
import { sendProblem } from '../send-problem.js'
import { sessionIn } from '../session.js'
import type { WebParts } from '../web-parts.js'
import { OperatorPage } from './operator-page.js'
import { PlanPage } from './plan-page.js'
import { SyncPage } from './sync-page.js'
import { UserPage } from './user-page.js'
import { type Verified, verifiedOf } from './verified.js'

/** How this installation is set up. All but the state of the deliveries is for its operator. */
export function setupPages(parts: WebParts): Router {
  const router = Router()
  router.get('/setup', (_req, res) => sendSetup(res, parts, null))
  router.post('/setup/verify', forOperator, verify(parts))
  router.get('/setup/sync', forOperator, showSync(parts))
  router.post('/setup/sync', forOperator, beginSync(parts))
  return router
}

const forOperator: RequestHandler = (_req, res, next) => {
  if (sessionIn(res).isOperator) return next()
  return sendProblem(res, {
    status: 403,
    title: 'This is for the operator',
    text: 'Only the account default sets this installation up. Sign in with one of its API keys.',
  })
}

async function sendSetup(res: Response, parts: WebParts, verified: Verified | null): Promise<void> {
  const session = sessionIn(res)
  const health = await parts.transport.health()
  const common = { title: 'Setup', room: 'setup', status: verified?.unusable ? 422 : 200 } as const
  if (!session.isOperator)
    return sendPage(res, { ...common, body: <UserPage health={health} setup={parts.setup} /> })
  const workers = await parts.transport.workers()
  return sendPage(res, {
    ...common,
    body: (
      <OperatorPage
        setup={parts.setup}
        overview={parts.overview()}
        health={health}
        workers={workers}
        verified={verified}
        csrf={session.csrf}
        now={parts.now()}
      />
    ),
  })
}

function verify(parts: WebParts): RequestHandler {
  const { catalog } = parts.ledger
  return async (req, res) => {
    const claim = {
      name: field(req, 'name') ?? '',
      number: field(req, 'version') ?? '',
      authorization: field(req, 'authorization'),
      secrets: parts.setup.secrets,
    }
    const found = await verifyClaim(claim, (name) => catalog.ofGem(name).map(({ number }) => number))
    return sendSetup(res, parts, verifiedOf(claim, found))
  }
}

/** The sync that was begun last when `show=last` asks for it, or while it is under way; else a new plan. */
function showSync({ setup, now }: WebParts): RequestHandler {
  return async (req, res) => {
    const last = setup.lastSync()
    const common = { title: 'Hooks at the upstream', room: 'setup' } as const
    if (last !== null && (last.result === null || queryIn(req).get('show') === 'last'))
      return sendPage(res, {
        ...common,
        body: <SyncPage sync={last} upstreamHost={setup.upstreamHost} now={now()} />,
      })
    const plan = await setup.plan()
    return sendPage(res, {
      ...common,
      status: plan.ok ? 200 : 503,
      notice: plan.ok ? null : { tone: 'bad', text: plan.problem.message },
      body: (
        <PlanPage
          plan={plan.ok ? plan.value : null}
          upstreamHost={setup.upstreamHost}
          reachable={setup.receiverUrl() !== null}
          csrf={sessionIn(res).csrf}
        />
      ),
    })
  }
}

/** A sync may take minutes, so its page shows how far it is. What keeps it from beginning stands on the page of the plan. */
function beginSync({ setup, log }: WebParts): RequestHandler {
  return (_req, res) => {
    const isRunning = setup.lastSync()?.result === null
    if (!setup.hasClientKey || setup.receiverUrl() === null) return res.redirect(303, '/setup/sync')
    if (!isRunning) setup.apply().catch((error) => log.error({ err: error }, 'a sync of the upstream failed'))
    return res.redirect(303, '/setup/sync?show=last')
  }
}
