import express from 'express'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { version } from '../../src/about.js'
import { metricsRouter } from '../../src/web/metrics.js'
import { testTime } from '../helpers/temp-ledger.js'
import { serve } from '../manage/stage.js'
import { openStage, type Stage, upstreamHost } from '../watch/stage.js'
import { parseExposition, type Scrape } from './exposition.js'

const minute = 60_000
const now = testTime + 40 * minute

let stage: Stage
let port: Awaited<ReturnType<typeof serve>>
let logged: Record<string, unknown>[]
let silenceMs: number
beforeEach(async () => {
  stage = openStage()
  logged = []
  silenceMs = 30 * minute
  const log = pino({}, { write: (line: string) => logged.push(JSON.parse(line)) })
  const overview = () => stage.overview(now, { silenceMs })
  port = await serve(express().use(metricsRouter({ overview, log })))
})
afterEach(async () => {
  await port.close()
  stage.temp.remove()
})

const get = (method = 'GET') => fetch(`http://127.0.0.1:${port.number}/metrics`, { method })

async function scrape(): Promise<Scrape> {
  const answer = await get()
  expect(answer.status).toBe(200)
  return parseExposition(await answer.text())
}

/** Only what gemherald itself counts. */
async function ownValues(): Promise<Record<string, number>> {
  const { values } = await scrape()
  return Object.fromEntries([...values].filter(([series]) => series.startsWith('gemherald_')))
}

function fill(): void {
  const { temp, tell } = stage
  temp.hook({ url: 'http://127.0.0.1:9/hidden-path' })
  tell('webhook', 'rails')
  tell('webhook', 'rack', testTime + minute)
  tell('catch-up', 'puma')
  tell('webhook', 'puma', testTime + minute)
  for (const gem of ['rake', 'thor', 'mail']) tell('catch-up', gem)
  const claims = ['a', 'b', 'c'].map((gem) => tell('webhook', gem, testTime + 2 * minute, true))
  temp.ledger.claims.settle(claims[0] ?? 0, { confirmation: 'unconfirmed', doubt: 'No.' }, testTime)
  temp.ledger.claims.refute(claims[1] ?? 0, 'No.', testTime)
  temp.fanOut()
  const { upstreams } = temp.ledger
  upstreams.begin(upstreamHost, testTime)
  const window = { until: testTime + 3 * minute, publishedAt: now - 5 * minute }
  upstreams.completed(upstreamHost, window, testTime + 4 * minute)
  const url = 'https://gems.example.org/webhooks/rubygems/receiver-token'
  const hook = (gemName: string, failureCount: number) => ({ gemName, url, failureCount })
  upstreams.sawHooks(upstreamHost, [hook('rails', 3), hook('rack', 4)], testTime)
}

const filled = {
  gemherald_events_total: 9,
  'gemherald_events_by_source{source="webhook"}': 5,
  'gemherald_events_by_source{source="catch-up"}': 3,
  'gemherald_events_by_source{source="both"}': 1,
  gemherald_events_missed_by_webhooks: 3,
  'gemherald_events_confirmation_total{confirmation="confirmed"}': 4,
  'gemherald_events_confirmation_total{confirmation="unconfirmed"}': 1,
  'gemherald_events_confirmation_total{confirmation="refuted"}': 1,
  gemherald_last_webhook_timestamp_seconds: testTime / 1_000 + 120,
  gemherald_seconds_since_last_webhook: 38 * 60,
  gemherald_last_complete_window_timestamp_seconds: testTime / 1_000 + 240,
  gemherald_seconds_since_last_complete_window: 36 * 60,
  gemherald_complete_until_timestamp_seconds: testTime / 1_000 + 180,
  gemherald_upstream_hooks: 2,
  gemherald_upstream_hook_failures: 7,
  gemherald_upstream_silent: 1,
  gemherald_claims_waiting: 1,
  gemherald_deliveries_pending: 7,
  [`gemherald_build_info{version="${version}"}`]: 1,
}

describe('GET /metrics', () => {
  it('is what Prometheus reads, and nothing keeps it', async () => {
    const answer = await get()
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect((await get('HEAD')).headers.get('content-type')).toBe(answer.headers.get('content-type'))
  })

  it('leaves out what never happened', async () => {
    expect(await ownValues()).toEqual({
      ...Object.fromEntries(
        Object.keys(filled)
          .filter((series) => !/last_|complete_/.test(series))
          .map((series) => [series, 0]),
      ),
      [`gemherald_build_info{version="${version}"}`]: 1,
    })
  })

  it('shows what the ledger knows', async () => {
    fill()
    expect(await ownValues()).toEqual(filled)
    silenceMs = 39 * minute
    expect(await ownValues()).toMatchObject({ gemherald_upstream_silent: 0 })
  })

  it('shows the same after a restart, and to many at once', async () => {
    fill()
    stage.temp.reopen()
    const all = await Promise.all(Array.from({ length: 8 }, ownValues))
    for (const values of all) expect(values).toEqual(filled)
  })

  it('shows what the process uses', async () => {
    const { values } = await scrape()
    expect(values.get('process_resident_memory_bytes')).toBeGreaterThan(1e6)
    expect(values.get('nodejs_heap_size_used_bytes')).toBeGreaterThan(1e5)
    expect(values.get('process_cpu_seconds_total')).toBeGreaterThan(0)
    const started = (values.get('process_start_time_seconds') ?? 0) * 1_000
    expect(Math.abs(started - performance.timeOrigin)).toBeLessThan(1_001)
  })

  it('names no gem, URL or secret', async () => {
    fill()
    const text = await (await get()).text()
    expect(text).not.toMatch(/rails|rack|rake|hidden|token|https?:|example/)
  })

  it('says in one sentence that the ledger cannot be read, and why in the log', async () => {
    stage.temp.ledger.close()
    const answer = await get()
    expect(answer.status).toBe(503)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.text()).toBe('The ledger cannot be read: the log says why.\n')
    expect(logged).toMatchObject([{ level: 50, err: { message: 'The database connection is not open' } }])
    stage.temp.reopen()
    expect((await get()).status).toBe(200)
  })
})

describe('the parser of these tests', () => {
  const metric = '# HELP a b\n# TYPE a gauge\n'
  it.each([
    ['no TYPE', '# HELP a b\na 1\n'],
    ['no HELP', '# TYPE a gauge\na 1\n'],
    ['another metric’s sample', `${metric}b 1\n`],
    ['a series twice', `${metric}a{b="c"} 1\na{b="c"} 2\n`],
    ['a metric twice', `${metric}a 1\n${metric}`],
    ['a counter without _total', '# HELP a b\n# TYPE a counter\na 1\n'],
    ['no value', `${metric}a NaN\n`],
    ['no end', `${metric}a 1`],
    ['anything else', `${metric}a 1\nhello\n`],
  ])('refuses %s', (_, text) => {
    expect(() => parseExposition(text)).toThrow()
  })
})
