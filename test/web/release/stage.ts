import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { pino } from 'pino'
import type { Outcome } from '../../../src/delivery.js'
import { createRedeliveries } from '../../../src/redeliver/redeliveries.js'
import { deadPages } from '../../../src/web/dead/dead-pages.js'
import { readForm } from '../../../src/web/form.js'
import { releasePages } from '../../../src/web/release/release-pages.js'
import { releasesPages } from '../../../src/web/releases/releases-pages.js'
import { letIn } from '../../../src/web/session.js'
import { openTempLedger, outcomeOf, type TempLedger, testTime } from '../../helpers/temp-ledger.js'
import { readPage } from './page-reader.js'

/** The three pages on a real port, over a real ledger, for somebody who is signed in. */
export interface Stage {
  temp: TempLedger
  /** Loads a page as the account `default`, or as another one. */
  load(path: string, account?: string): Promise<Loaded>
  /** Posts a form; the answer itself, redirects are not followed. */
  post(path: string, fields?: Record<string, string>): Promise<Loaded>
  /** Makes one attempt at everything that is due. */
  attempt(changes?: Partial<Outcome>): void
  /** How often the dispatcher and the open pages were told to look again. */
  wakes(): number
  close(): Promise<void>
}

export interface Loaded {
  status: number
  /** Where it redirects to. */
  location: string | null
  html: string
  /** The words of the page, blanks collapsed. */
  text: string
}

export async function openStage(): Promise<Stage> {
  const temp = openTempLedger()
  let wakes = 0
  const now = () => testTime
  const wake = () => {
    wakes += 1
  }
  const { ledger } = temp
  const redeliveries = createRedeliveries({ ledger, now, wake, log: pino({ level: 'silent' }) })
  const gemPage = (gemName: string) => `https://rubygems.org/gems/${gemName}`
  const parts = { ledger, redeliveries, gemPage, wake, now }
  const app = express()
  app.use(readForm, (req, res, next) => {
    const account = req.get('x-account') ?? 'default'
    const accountId = temp.account(account)
    letIn(
      res,
      { accountId, account, keyId: 1, isOperator: account === 'default', csrf: 'csrf.mark', hash: 'hash' },
      testTime,
    )
    next()
  })
  app.use(releasesPages(parts), releasePages(parts), deadPages(parts))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    temp,
    wakes: () => wakes,
    load: async (path, account = 'default') =>
      loaded(await fetch(url + path, { headers: { 'x-account': account }, redirect: 'manual' })),
    post: async (path, fields = {}) =>
      loaded(
        await fetch(url + path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' }),
      ),
    attempt(changes) {
      const leases = temp.due()
      ledger.outcomes.record(
        leases.map((lease) => outcomeOf(lease, changes)),
        testTime,
        testTime,
      )
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await redeliveries.stop()
      temp.remove()
    },
  }
}

/** Outcomes that end a delivery for good. */
export const deadly: Partial<Outcome> = {
  verdict: 'dead',
  statusCode: 404,
  response: 'no such hook',
  error: 'The endpoint answered 404.',
}

async function loaded(answer: globalThis.Response): Promise<Loaded> {
  const html = await answer.text()
  return {
    status: answer.status,
    location: answer.headers.get('location'),
    html,
    // Most of those who load many pages look at their elements only.
    get text() {
      return html.startsWith('<!DOCTYPE') ? readPage(html).text.replace(/\s+/g, ' ') : html
    },
  }
}
