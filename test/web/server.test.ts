import { afterEach, beforeEach, expect, it } from 'vitest'
import { startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { startHttpSink } from '../helpers/http-sink.js'
import { until } from '../helpers/wait.js'
import { parseExposition } from './exposition.js'

let server: TestGemherald
beforeEach(async () => {
  server = await startGemherald({ env: { RECONCILE: 'off', CONFIRM: 'off' } })
})
afterEach(() => server.remove())

async function scrape(): Promise<Map<string, number>> {
  const answer = await fetch(`${server.url}/metrics`)
  expect(answer.status).toBe(200)
  return parseExposition(await answer.text()).values
}

it('a running server shows its metrics to anybody, and the same after a restart', async () => {
  const sink = await startHttpSink()
  await server.addHook('rails', `${sink.url}/hook`)
  await server.pushRelease('rails', '8.1.3')
  await server.pushRelease('rack', '3.2.0')
  const pending = async () => (await scrape()).get('gemherald_deliveries_pending')
  await until('the delivery is made', async () => (await pending()) === 0)
  const before = await scrape()
  expect(before.get('gemherald_events_total')).toBe(2)
  expect(before.get('gemherald_events_by_source{source="webhook"}')).toBe(2)
  server = await server.restart()
  const after = await scrape()
  for (const series of ['gemherald_events_total', 'gemherald_last_webhook_timestamp_seconds'])
    expect(after.get(series)).toBe(before.get(series))
  await sink.close()
})
