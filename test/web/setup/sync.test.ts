import { afterEach, beforeEach, expect, it } from 'vitest'
import { faults, type OrgAccount } from '../../helpers/rubygems-org.js'
import { until } from '../../helpers/wait.js'
import { type Stage, setStage } from '../../rubygems/stage.js'
import { formNamed, openPageStage, type PageStage } from '../hooks/page-stage.js'

const receiver = 'https://gems.example.org/webhooks/rubygems/canary-token'

let upstream: Stage
let account: OrgAccount
let stage: PageStage
beforeEach(async () => {
  upstream = await setStage()
  account = upstream.org.addAccount('ada')
  for (const gem of ['rails', 'rack']) upstream.org.push(gem, '1.0')
  stage = await openStage()
  stage.temp.hook({ gemName: 'rails', url: 'inbox:demo', channel: 'inbox' })
  stage.temp.hook({ gemName: 'no-such-gem', url: 'inbox:demo', channel: 'inbox' })
})
afterEach(async () => {
  await stage.close()
  await upstream.close()
})

const openStage = (env: Record<string, string> = {}) =>
  openPageStage({
    env: { RUBYGEMS_HOST: upstream.org.url, RUBYGEMS_API_KEY: account.key, ...env },
    rubygems: upstream.client({ apiKey: account.key }),
  })
const apply = async () => {
  const { action, ...fields } = formNamed(await stage.get('/setup/sync'), 'Apply')
  return stage.post(action ?? '', fields)
}
const over = () => until('the sync is over', () => stage.setup.lastSync()?.result != null)
const there = () => account.hooks.map(({ gemName, url }) => [gemName, url])

it('plans, applies, and says what was done and what was not', async () => {
  account.hooks.push({ gemName: 'rack', url: receiver, failureCount: 0, disabled: false })
  const plan = await stage.get('/setup/sync')
  expect(plan.page.text).toMatch(/Add 2\s*no-such-gem, rails\s*Remove 1\s*rack/)
  expect(there()).toEqual([['rack', receiver]])

  const applied = await apply()
  expect([applied.status, applied.location]).toEqual([303, '/setup/sync?show=last'])
  await over()
  expect(there()).toEqual([['rails', receiver]])
  const { text } = (await stage.get('/setup/sync?show=last')).page
  expect(text).toMatch(/failed no-such-gem was not added: .*added rails\s*removed rack/s)
  expect(text).not.toContain('canary-token')
  expect((await stage.get('/setup')).page.text).toContain('1 hook was there')
  expect((await stage.get('/setup/sync')).page.text).toContain('Add 1')
})

it('shows that a sync is under way, and begins no second one', async () => {
  let goOn = () => {}
  const gate = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const client = upstream.client({ apiKey: account.key })
  await stage.close()
  const webHooks = {
    ...client.webHooks,
    list: async () => {
      await gate
      return client.webHooks.list()
    },
  }
  stage = await openPageStage({
    env: { RUBYGEMS_HOST: upstream.org.url, RUBYGEMS_API_KEY: account.key },
    rubygems: { webHooks },
  })
  await stage.post('/setup/sync', {})
  const running = await stage.get('/setup/sync')
  expect(running.page.text).toContain('The sync is under way')
  const progress = running.page.elements.find(({ attributes }) => 'data-progress' in attributes)
  expect(progress?.attributes['data-progress']).toBe('/setup/sync?show=last')
  expect((await stage.post('/setup/sync', {})).location).toBe('/setup/sync?show=last')
  expect(await stage.setup.apply()).toMatchObject({ ok: false, problem: { code: 'conflict' } })
  goOn()
  await over()
  const { page } = await stage.get('/setup/sync?show=last')
  expect(page.text).toContain('The sync is over')
  expect(page.elements.some(({ attributes }) => 'data-progress' in attributes)).toBe(false)
})

it('says when all is in step', async () => {
  await stage.close()
  stage = await openStage()
  const { page } = await stage.get('/setup/sync')
  expect(page.text).toContain('nothing is to be done')
  expect(page.elements.some(({ text, name }) => name === 'button' && text === 'Apply')).toBe(false)
})

it('says why the upstream gives no plan', async () => {
  upstream.org.fail(faults.webPage)
  const { status, page } = await stage.get('/setup/sync')
  expect(status).toBe(503)
  expect(page.text).toContain('check RUBYGEMS_HOST')
})

it('needs a key that may manage hooks', async () => {
  await stage.close()
  stage = await openStage({ RUBYGEMS_API_KEY: '' })
  expect((await stage.get('/setup/sync')).page.text).toContain('set RUBYGEMS_API_KEY')
  expect((await stage.post('/setup/sync', {})).location).toBe('/setup/sync')
  expect(stage.setup.lastSync()).toBeNull()
})
