import { afterEach, beforeEach, expect, it } from 'vitest'
import { createSetup, type RunningSetup } from '../../src/compose/setup.js'
import { readConfig } from '../../src/config.js'
import { unwrap } from '../helpers/outbound-parts.js'
import { faults, type OrgAccount } from '../helpers/rubygems-org.js'
import { openTempLedger, type TempLedger } from '../helpers/temp-ledger.js'
import { type Stage, setStage } from '../rubygems/stage.js'

let stage: Stage
let account: OrgAccount
let temp: TempLedger
beforeEach(async () => {
  stage = await setStage()
  account = stage.org.addAccount('ada')
  for (const gem of ['rails', 'rack']) stage.org.push(gem, '1.0')
  temp = openTempLedger()
  temp.hook({ gemName: 'rails' })
})
afterEach(async () => {
  await stage.close()
  temp.remove()
})

const create = (env: Record<string, string> = {}): RunningSetup =>
  createSetup({
    config: unwrap(
      readConfig({
        DATA_DIR: temp.folder,
        PUBLIC_URL: 'https://gems.example.org',
        RUBYGEMS_HOST: stage.org.url,
        RUBYGEMS_API_KEY: account.key,
        ...env,
      }),
    ),
    ledger: temp.ledger,
    upstream: { rubygems: stage.client({ apiKey: account.key }) },
    port: () => 8790,
    now: () => stage.time,
  })
const remembered = () => temp.ledger.upstreams.hooks(stage.org.url).map(({ gemName, url }) => [gemName, url])
const receiver = 'https://gems.example.org/webhooks/rubygems'

it('brings the upstream in step, and remembers what is there', async () => {
  const setup = create()
  expect(unwrap(await setup.plan())).toMatchObject({ add: ['rails'], remove: [] })
  expect(remembered()).toEqual([])
  expect(unwrap(await setup.apply())).toMatchObject({ done: [{ gemName: 'rails' }], failed: [], left: [] })
  expect(remembered()).toEqual([['rails', receiver]])
  expect(unwrap(await setup.plan())).toMatchObject({ add: [], unchanged: ['rails'] })
  expect(setup.lastSync()).toMatchObject({ behind: 0, all: 1, result: { ok: true } })
})

it('moves hooks along when the receiver’s URL changes', async () => {
  unwrap(await create().apply())
  unwrap(await create({ GEMHERALD_RECEIVER_TOKEN: 'new-token' }).apply())
  expect(account.hooks).toMatchObject([{ gemName: 'rails', url: `${receiver}/new-token` }])
  expect(remembered()).toEqual([['rails', `${receiver}/new-token`]])
})

it('tells of failures without the receiver’s token', async () => {
  const setup = create({ GEMHERALD_RECEIVER_TOKEN: 'canary-token' })
  stage.org.fail({ status: 401, headers: {}, body: `No: ${receiver}/canary-token` })
  const refused = {
    ok: false,
    problem: {
      code: 'unauthorized',
      message: expect.stringMatching(/does not accept RUBYGEMS_API_KEY: No: the receiver\. Set a key /),
    },
  }
  expect(await setup.plan()).toMatchObject(refused)
  expect(await setup.apply()).toMatchObject(refused)
  expect(setup.lastSync()?.result).toMatchObject(refused)
})

it.each([
  [{ RUBYGEMS_API_KEY: '' }, 'set RUBYGEMS_API_KEY'],
  [{ PUBLIC_URL: '', RUBYGEMS_HOST: 'https://rubygems.example' }, 'set PUBLIC_URL'],
])('with %j applies nothing and says what to set', async (env, advice) => {
  const applied = await create(env).apply()
  expect(applied).toMatchObject({ ok: false, problem: { message: expect.stringContaining(advice) } })
  expect(stage.org.requests.all).toEqual([])
})

it('gives no receiver’s URL that the upstream cannot reach', () => {
  expect(create({ PUBLIC_URL: '' }).receiverUrl()).toBe('http://127.0.0.1:8790/webhooks/rubygems')
  expect(create({ PUBLIC_URL: '', RUBYGEMS_HOST: 'https://rubygems.example' }).receiverUrl()).toBeNull()
})

it('gives the receiver’s own URL all the same', () => {
  expect(create({ PUBLIC_URL: '', RUBYGEMS_HOST: 'https://rubygems.example' }).ownReceiverUrl()).toBe(
    'http://127.0.0.1:8790/webhooks/rubygems',
  )
})

it('waits for a sync when it is stopped, and begins no other', async () => {
  const setup = create()
  const applying = setup.apply()
  await setup.stop()
  expect(setup.lastSync()?.result).not.toBeNull()
  expect(await applying).toMatchObject({ ok: false, problem: { message: 'The server is being stopped.' } })
  expect(await setup.apply()).toMatchObject({ ok: false })
  expect(account.hooks).toEqual([])
})

it('says when the upstream takes no more', async () => {
  temp.hook({ gemName: 'rack' })
  stage.org.fail(faults.serverError, { on: /web_hooks/, times: 0 })
  stage.org.fail((request, truth) => (request.method === 'POST' ? faults.throttled(3_600) : truth))
  const report = unwrap(await create().apply())
  expect([report.done.length, report.failed.length, report.left.length]).toEqual([0, 1, 1])
})
