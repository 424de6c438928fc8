import { afterAll, beforeAll, expect, it } from 'vitest'
import { startGemherald, type TestGemherald } from '../helpers/gemherald.js'

let gemherald: TestGemherald

beforeAll(async () => {
  gemherald = await startGemherald()
})

afterAll(() => gemherald.remove())

it('answers what came in as a webhook, to everybody', async () => {
  await gemherald.pushRelease('rails', '8.1.3.1', { version_created_at: new Date().toISOString() })
  const from = new Date(Date.now() - 60_000).toISOString()
  for (const path of ['gems/rails.json', 'search.json?query=rails', `timeframe_versions.json?from=${from}`]) {
    const answer = await fetch(`${gemherald.url}/api/v1/${path}`)
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain('"name":"rails"')
  }
})

it('refuses paths that cannot be decoded, and leaves others to the rest', async () => {
  expect((await fetch(`${gemherald.url}/api/v1/gems/%ff.json`)).status).toBe(400)
  const other = await fetch(`${gemherald.url}/api/v1/owners/rails/gems.json`)
  expect([other.status, await other.text()]).toEqual([404, '{"error":"There is nothing here."}'])
})
