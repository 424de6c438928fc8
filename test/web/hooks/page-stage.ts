import { randomBytes } from 'node:crypto'
import express from 'express'
import { pino } from 'pino'
import { createSetup, type RunningSetup } from '../../../src/compose/setup.js'
import { readConfig } from '../../../src/config.js'
import type { PaceNow } from '../../../src/dispatch/pace.js'
import { createFireLimit } from '../../../src/manage/fire-limit.js'
import type { Rubygems } from '../../../src/rubygems/client.js'
import { createSigner, hashKey } from '../../../src/secret.js'
import type { TransportHealth, WorkerSeen } from '../../../src/transport/transport.js'
import { readOverview } from '../../../src/watch/overview.js'
import { frameRouter } from '../../../src/web/frame-router.js'
import { hooksPages } from '../../../src/web/hooks/hooks-pages.js'
import { inboxPages } from '../../../src/web/inbox/inbox-pages.js'
import { secureHeaders } from '../../../src/web/secure-headers.js'
import { setupPages } from '../../../src/web/setup/setup-pages.js'
import type { WebParts } from '../../../src/web/web-parts.js'
import { unwrap } from '../../helpers/outbound-parts.js'
import { type TempLedger, testTime } from '../../helpers/temp-ledger.js'
import { openStage, type Stage, serve } from '../../manage/stage.js'
import { readPage, type StrictPage } from '../previews/strict-page.js'

/** An answer, its page read strictly. */
export interface Visited {
  status: number
  headers: Headers
  /** Where a redirect leads. */
  location: string | null
  html: string
  page: StrictPage
}

/** The rooms Hooks, Inbox and Setup in the real frame, on a real port, with a real ledger, real channels and a real desk. */
export interface PageStage {
  manage: Stage
  temp: TempLedger
  setup: RunningSetup
  /** Account of whoever looks; `default` unless told. */
  accountId(account?: string): number
  /** How often open pages were told that something changed. */
  changes(): number
  /** Other state of the transport than none worth a word. */
  health: TransportHealth
  workers: WorkerSeen[] | null
  pace: PaceNow
  warnings: string[]
  /** GET a path as somebody who is signed in. */
  get(path: string, account?: string): Promise<Visited>
  /** POST a form with its token as somebody who is signed in. */
  post(path: string, fields: Record<string, string>, account?: string): Promise<Visited>
  close(): Promise<void>
}

export interface PageOptions {
  /** Settings beside the usual ones. */
  env?: Record<string, string>
  /** Client of the upstream for syncs; without one, all it is asked for throws. */
  rubygems?: Pick<Rubygems, 'webHooks'>
  missingMail?: string
}

const secret = 'the secret of a test installation'
const feedSigner = createSigner(secret, 'feed')
const csrfSigner = createSigner(secret, 'csrf')

export async function openPageStage(options: PageOptions = {}): Promise<PageStage> {
  const { missingMail = 'SMTP_URL and MAIL_FROM' } = options
  const manage = await openStage({ missingMail })
  const { temp } = manage
  const config = unwrap(
    readConfig({
      DATA_DIR: temp.folder,
      PUBLIC_URL: 'https://gems.example.org',
      RUBYGEMS_HOST: manage.upstream.url,
      GEMHERALD_RECEIVER_TOKEN: 'canary-token',
      ...options.env,
    }),
  )
  const now = () => testTime
  let wakes = 0
  const setup = createSetup({
    config,
    ledger: temp.ledger,
    upstream: { rubygems: options.rubygems ?? noRubygems },
    port: () => 8790,
    now,
  })
  const state: Pick<PageStage, 'health' | 'workers' | 'pace' | 'warnings'> = {
    health: { blocking: [], warnings: [] },
    workers: [],
    pace: { underWay: 0, mostUnderWay: 4, msBetweenStarts: 0, restMs: 0 },
    warnings: [],
  }
  const parts: WebParts = {
    ledger: temp.ledger,
    redeliveries: notUsed('redeliveries'),
    desk: manage.desk,
    fireLimit: createFireLimit(),
    live: { connect() {} },
    pace: () => state.pace,
    transport: { health: async () => state.health, workers: async () => state.workers },
    overview: () =>
      readOverview(
        { ...config, ledger: temp.ledger, listeningSince: testTime, warnings: state.warnings },
        now(),
      ),
    setup,
    publicUrl: () => 'https://gems.example.org',
    gemPage: (gemName) => `https://rubygems.org/gems/${gemName}`,
    feedSigner,
    csrfSigner,
    wake() {
      wakes += 1
    },
    now,
    log: pino({ level: 'silent' }),
  }
  const rooms = [hooksPages(parts), inboxPages(parts), setupPages(parts)]
  const app = express().use(secureHeaders, frameRouter(parts, rooms))
  const port = await serve(app)

  const cookies = new Map<string, string>()
  const cookieOf = (account: string) => {
    const known = cookies.get(account)
    if (known !== undefined) return known
    const cookie = `gemherald=${randomBytes(32).toString('base64url')}`
    const session = { hash: hashKey(cookie), accountId: temp.account(account), keyId: null }
    temp.ledger.sessions.create({ ...session, expiresAt: testTime + 3_600_000 }, testTime)
    cookies.set(account, cookie)
    return cookie
  }
  const visit = async (path: string, account: string, init: RequestInit = {}): Promise<Visited> => {
    const answer = await fetch(`http://127.0.0.1:${port.number}${path}`, {
      ...init,
      redirect: 'manual',
      headers: { cookie: cookieOf(account) },
    })
    const html = await answer.text()
    const isPage = /^<!DOCTYPE html>/.test(html)
    const location = answer.headers.get('location')
    const page = isPage ? readPage(html) : { elements: [], text: html }
    return { status: answer.status, headers: answer.headers, location, html, page }
  }

  return Object.assign(state, {
    manage,
    temp,
    setup,
    accountId: (account?: string) => temp.account(account),
    changes: () => manage.changes() + wakes,
    get: (path: string, account = 'default') => visit(path, account),
    post: (path: string, fields: Record<string, string>, account = 'default') =>
      visit(path, account, {
        method: 'POST',
        body: new URLSearchParams({ csrf: csrfSigner.sign(hashKey(cookieOf(account))), ...fields }),
      }),
    async close() {
      await setup.stop()
      await port.close()
      await manage.close()
    },
  })
}

/** The titles of a page's own sections. */
export function titlesOf({ page }: Visited): string[] {
  const titles = page.elements.filter(({ name }) => name === 'h2').map(({ text }) => text)
  return titles.filter((title) => title !== 'Keys')
}

/** Where the link with these words leads; undefined when there is none. */
export function linkOf({ page }: Visited, words: string): string | undefined {
  return page.elements.find(({ name, text }) => name === 'a' && text === words)?.attributes.href
}

/** The forms of a page, each as what it posts, by the name of its button. */
export function formNamed({ page }: Visited, button: string): Record<string, string> {
  const { elements } = page
  const at = elements.findIndex(
    ({ name, text, attributes }) =>
      name === 'button' && (attributes['aria-label'] === button || text.trim() === button),
  )
  const start = elements.findLastIndex(({ name }, i) => name === 'form' && i < at)
  if (at === -1 || start === -1) throw new Error(`There is no button ${button}.`)
  const fields = elements.slice(start, at).filter(({ name }) => name === 'input')
  return {
    action: elements[start]?.attributes.action ?? '',
    ...Object.fromEntries(fields.map(({ attributes }) => [attributes.name ?? '', attributes.value ?? ''])),
  }
}

function notUsed(what: string): never {
  return new Proxy(
    {},
    {
      get: () => {
        throw new Error(`These tests have no ${what}.`)
      },
    },
  ) as never
}

const noRubygems: Pick<Rubygems, 'webHooks'> = { webHooks: notUsed('upstream') }
