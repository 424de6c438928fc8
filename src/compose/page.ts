import type { Router } from 'express'
import { apiRouter } from '../api/router.js'
import { feedsRouter } from '../feeds/router.js'
import { createHookDesk } from '../manage/hook-desk.js'
import type { ManageParts } from '../manage/parts.js'
import { createRedeliveries } from '../redeliver/redeliveries.js'
import { createSigner } from '../secret.js'
import { createLive } from '../web/live.js'
import { webRouter } from '../web/router.js'
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
  const { ledger, wake, now, log } = parts
  const csrfSigner = createSigner(secret, 'csrf')
  const redeliveries = createRedeliveries({ ledger, now, wake, log })
  const setup = createSetup({ config, ledger, upstream, port, now })
  const live = createLive({ ledger, csrfSigner, now, log })
  const webParts: WebParts = {
    ...parts,
    redeliveries,
    setup,
    live,
    csrfSigner,
    fireLimit: manage.fireLimit,
    desk: createHookDesk({ ...manage, mailFrom: setup.mailFrom }),
    feedSigner: createSigner(secret, 'feed'),
  }
  return {
    api: apiRouter(webParts),
    feeds: feedsRouter(webParts),
    web: webRouter(webParts),
    changed: live.changed,
    async stop() {
      live.stop()
      await Promise.all([redeliveries.stop(), setup.stop()])
    },
  }
}
