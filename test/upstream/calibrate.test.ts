import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configuredSecrets } from '../../src/receive/explain.js'
import type { WebHooks } from '../../src/rubygems/web-hooks.js'
import { calibrate } from '../../src/upstream/calibrate.js'
import { calibrationReport } from '../../src/upstream/calibration-report.js'
import { apiKey, startGemherald } from '../helpers/gemherald.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { type AccountOptions, faults, type OrgFault } from '../helpers/rubygems-org.js'
import { secrets } from '../helpers/webhooks.js'
import { type ReceiverOptions, startReceiver, type TestReceiver } from '../receive/start-receiver.js'
import { type Stage, setStage } from '../rubygems/stage.js'

const token = 'a-Secret~Token'
let stage: Stage
let receiver: TestReceiver
let sink: HttpSink

beforeEach(async () => {
  stage = await setStage()
  stage.org.push('gemcutter', '0.7.1')
  stage.org.push('rails', '8.1.3.1')
  sink = await startHttpSink()
})
afterEach(async () => {
  await stage.close()
  await receiver.stop()
  await sink.close()
})

interface Run {
  account?: AccountOptions
  receiver?: ReceiverOptions
  configured?: string[]
  others?: string[]
  gemName?: string
  ticket?: () => string
  url?: () => string
  webHooks?: WebHooks
}

/** Calibrates with an account that has two keys, of which the second is used, unless told otherwise. */
async function run({ configured = [], others = [], gemName = '*', ...given }: Run = {}) {
  receiver = await startReceiver({ configured, token, ...given.receiver })
  const account = stage.org.addAccount('ada', {
    keys: [{ text: secrets.modern }, { text: 'rubygems_second' }],
    ...given.account,
  })
  return calibrate({
    webHooks:
      given.webHooks ?? stage.client({ apiKey: account.keys.at(-1)?.text ?? 'rubygems_none' }).webHooks,
    receiverUrl: (given.url ?? (() => `${receiver.origin}/webhooks/rubygems/${token}`))(),
    ticket: (given.ticket ?? receiver.calibration.ticket)(),
    gemName,
    secrets: configuredSecrets(configured),
    others: others.map((text) => ({ label: 'RUBYGEMS_API_KEY', text })),
  })
}

const reportOf = (result: Awaited<ReturnType<typeof run>>) =>
  result.ok ? calibrationReport(result.value, 'rubygems.org').join('\n') : `failed: ${result.problem.message}`

const legacyAccount = { legacySecret: secrets.legacy }
/** Somebody else's key may fire, but the account that is fired for has none. */
const wrongKeyFirst = { keys: [{ text: 'rubygems_lost' }, { text: 'rubygems_second' }] }

describe('what the upstream signs with', () => {
  it.each<[string, Run, report: RegExp]>([
    [
      'the first key',
      { configured: ['rubygems_second', secrets.modern] },
      /^rubygems\.org signs .* with the SHA-256 of RUBYGEMS_API_KEYS\[2\]\.\n.*\nThe receiver verifies them\.$/,
    ],
    [
      'the old key',
      { account: legacyAccount, configured: [secrets.modern, secrets.legacy] },
      /with RUBYGEMS_API_KEYS\[2\] as it stands\.\n/,
    ],
    [
      'the first key, ready-made',
      { configured: [secrets.modernSha256] },
      /RUBYGEMS_API_KEYS\[1\] as it stands/,
    ],
  ])('is found: %s', async (_title, given, report) => {
    const result = await run(given)
    expect(result).toMatchObject({ ok: true, value: { accepted: true, explanation: { verdict: 'match' } } })
    expect(reportOf(result)).toMatch(report)
    expect(receiver.countEvents()).toBe(0)
  })

  it('is told of the gem that was fired', async () => {
    const configured = [secrets.modern]
    expect(await run({ configured })).toMatchObject({
      value: { seen: { name: 'gemcutter', version: '0.7.1' } },
    })
    await receiver.stop()
    expect(await run({ configured, gemName: 'rails' })).toMatchObject({
      value: { seen: { name: 'rails', version: '8.1.3.1' } },
    })
  })

  it.each<[string, Run, codes: string[], report: RegExp]>([
    ['a key that is not configured', { configured: [secrets.legacy] }, ['unknown_secret'], /dashboard\.atom/],
    [
      'a lost key',
      { account: wrongKeyFirst, configured: ['rubygems_second'] },
      ['unknown_secret'],
      /oldest API key/,
    ],
    ['a key, nothing configured', {}, ['no_secrets'], /dashboard\.atom/],
    [
      'nothing',
      { account: { legacySecret: '' }, configured: [secrets.modern] },
      ['empty_secret'],
      /empty secret.*\n.*Create an API key/,
    ],
  ])('is not found: %s', async (_title, given, codes, report) => {
    const result = await run(given)
    expect(result).toMatchObject({
      ok: true,
      value: { accepted: false, explanation: { reasons: codes.map((code) => ({ code })) } },
    })
    expect(reportOf(result)).toMatch(/^rubygems\.org sent a test message about gemcutter 0\.7\.1/)
    expect(reportOf(result)).toMatch(report)
    expect(reportOf(result)).not.toContain('upstream calibrate')
  })

  it('is found where the upstream is another gemherald', async () => {
    const other = await startGemherald()
    try {
      const { webHooks } = stage.client({ host: other.url, apiKey })
      const result = await run({ configured: [secrets.modern, apiKey], webHooks })
      expect(reportOf(result)).toMatch(
        /with RUBYGEMS_API_KEYS\[2\] as it stands\.\nThe receiver verifies them\.$/,
      )
    } finally {
      await other.remove()
    }
  })

  it('may be a key that the receiver does not know', async () => {
    const result = await run({ configured: [secrets.legacy], others: [secrets.modern] })
    expect(result).toMatchObject({ value: { accepted: false, explanation: { verdict: 'match' } } })
    expect(reportOf(result)).toMatch(
      /with the SHA-256 of RUBYGEMS_API_KEY\..*\n.*\nThe receiver does not know it/,
    )
  })

  it('is found where the upstream calls the delivery a failure, but shows what we said', async () => {
    stage.org.fail((_, truth) => ({
      status: 400,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        error: String(truth.body).replace(
          /^Successfully deployed (webhook for .*)\n/,
          'There was a problem deploying $1\nFailed with status "pending": \n',
        ),
      }),
    }))
    expect(await run({ configured: [secrets.modern] })).toMatchObject({ ok: true, value: { accepted: true } })
  })
})

describe('when it cannot be found out', () => {
  it.each<[string, Run, code: string, message: RegExp]>([
    ['an unknown gem', { gemName: 'nosuch' }, 'not_found', /gem could not be found.* --gem\.$/],
    ['a wrong key', { account: { keys: [] } }, 'unauthorized', /Access Denied.*RUBYGEMS_API_KEY/],
    [
      'a key without the scope',
      { account: { keys: [{ scopes: ['index_rubygems'] }] } },
      'forbidden',
      /cannot perform.*access_webhooks/,
    ],
    [
      'nobody there',
      { url: () => `http://127.0.0.1:1025/${token}` },
      'unavailable',
      /could not reach.*PUBLIC_URL/,
    ],
    ['somebody else there', { url: () => sink.url }, 'unavailable', /not from this gemherald.*PUBLIC_URL/],
    ['an expired ticket', { ticket: () => '1.x' }, 'unavailable', /another secret.*GEMHERALD_SECRET/],
    [
      'another receiver token',
      { url: () => `${receiver.origin}/webhooks/rubygems/other` },
      'unavailable',
      /GEMHERALD_RECEIVER_TOKEN/,
    ],
  ])('the reason is told: %s', async (_title, given, code, message) => {
    const result = await run({ configured: [secrets.modern], ...given })
    expect(result).toMatchObject({ ok: false, problem: { code, message: expect.stringMatching(message) } })
    expect(reportOf(result)).not.toContain(token)
  })

  it('an answer with another ticket is none of ours', async () => {
    const stale = { status: 'calibration', name: 'gemcutter', version: '0.7.1', authorization: null }
    sink.answer({ body: JSON.stringify({ ...stale, ticket: '1.x' }) })
    expect(await run({ url: () => sink.url })).toMatchObject({ ok: false })
  })

  it.each<[string, OrgFault, code: string, message: RegExp]>([
    ['an outage', faults.serverError, 'unavailable', /500.*public internet/],
    ['a throttle', faults.throttled(60), 'throttled', /10 times in 10 minutes/],
    [
      'a redirect',
      { status: 302, headers: { Location: 'http://a.example' }, body: '' },
      'unavailable',
      /redirect/,
    ],
    ['a web page', faults.webPage, 'unavailable', /RUBYGEMS_HOST/],
    ['a cut answer', 'cut', 'unavailable', /fire\.json failed/],
    ['a dropped connection', 'drop', 'unavailable', /fire\.json failed/],
    ['half an answer', faults.halfTheBody, 'unavailable', /PUBLIC_URL/],
  ])('the upstream’s trouble is told: %s', async (_title, fault, code, message) => {
    stage.org.fail(fault)
    const result = await run({ configured: [secrets.modern] })
    expect(result).toMatchObject({ ok: false, problem: { code, message: expect.stringMatching(message) } })
    expect(reportOf(result)).not.toContain(token)
    expect(receiver.countEvents()).toBe(0)
  })
})
