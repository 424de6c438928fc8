import { Router } from 'express'
import { createHookDesk } from '../manage/hook-desk.js'
import type { ManageParts } from '../manage/parts.js'
import { createRedeliveries } from '../redeliver/redeliveries.js'
import { createSigner } from '../secret.js'
import { createLive } from '../web/live.js'
import type { WebParts } from '../web/web-parts.js'
import { createSetup, type SetupParts } from './setup.js'

/** What the page, its API and its feeds are composed from, beside what they make themselves. */
export interface PageParts
  extends Omit<
      WebParts,
      'redeliveries' | 'desk' | 'fireLimit' | 'live' | 'setup' | 'feedSigner' | 'csrfSigner'
    >,
    Pick<SetupParts, 'config' | 'upstream' | 'port'> {
  secret: string
  manage: ManageParts
}

/** People's side of the server. */
export interface RunningPage {
  api: Router
  feeds: Router
  web: Router
  /** Something that open pages show has changed. */
  changed(): void
  /** Hangs up on open pages, and lets what people began end at its next step; within about 9 s. */
  stop(): Promise<void>
}

export function composePage({ secret, manage, config, upstream, port, ...parts }: PageParts): RunningPage {
  const { ledger, now, log } = parts
  const csrfSigner = createSigner(secret, 'csrf')
  const live = createLive({ ledger, csrfSigner, now, log })
  // What people change is to be acted on, and open pages are to show it.
  const wake = () => {
    parts.wake()
    live.changed()
  }
  const redeliveries = createRedeliveries({ ledger, now, wake, log })
  const setup = createSetup({ config, ledger, upstream, port, now })
  const webParts: WebParts = {
    ...parts,
    wake,
    redeliveries,
    setup,
    live,
    csrfSigner,
    fireLimit: manage.fireLimit,
    desk: createHookDesk({ ...manage, mailFrom: setup.mailFrom }),
    feedSigner: createSigner(secret, 'feed'),
  }
  return {
    api: whenAsked(async () => (await import('../api/router.js')).apiRouter(webParts)),
    feeds: whenAsked(async () => (await import('../feeds/router.js')).feedsRouter(webParts)),
    web: whenAsked(async () => (await import('../web/router.js')).webRouter(webParts)),
    changed: live.changed,
    async stop() {
      live.stop()
      await Promise.all([redeliveries.stop(), setup.stop()])
    },
  }
}

/** Loaded by the first request: a server that nobody looks at starts sooner without them, and takes 10 MB less. */
function whenAsked(load: () => Promise<Router>): Router {
  const router = Router()
  let loaded: Promise<void> | undefined
  router.use(async (_req, _res, next) => {
    loaded ??= load().then(
      (rooms) => {
        router.use(rooms)
      },
      (error) => {
        // A disk that cannot be read now may be read later.
        loaded = undefined
        throw error
      },
    )
    await loaded
    next()
  })
  return router
}
