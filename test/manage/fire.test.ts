import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { payloadKeys } from '../../src/payload.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { nothing } from '../helpers/outbound-parts.js'
import { type SlackSink, startSlackSink } from '../helpers/slack-sink.js'
import { type SmtpSink, startSmtpSink } from '../helpers/smtp-sink.js'
import { testTime } from '../helpers/temp-ledger.js'
import { webhookFixture } from '../helpers/webhooks.js'
import { key, openStage, type Stage } from './stage.js'

const caching = {
  'Cache-Control': 'private, no-store',
  'Surrogate-Control': 'max-age=0',
  Vary: 'Authorization, Cookie',
}
const asText = { 'Content-Type': 'text/plain; charset=utf-8', ...caching }
const asJson = { 'Content-Type': 'application/json; charset=utf-8', ...caching }

let api: Stage
let sink: HttpSink

beforeEach(async () => {
  sink = await startHttpSink()
  api = await openStage()
})

afterEach(async () => {
  await api.close()
  await sink.close()
})

const fire = (parameters: Record<string, string>, stage = api) =>
  stage.post('/api/v1/web_hooks/fire', parameters)

/** The last message that arrived. */
const arrived = () => JSON.parse(sink.received.at(-1)?.body.toString() ?? 'null')

// protocol/rubygems-webhooks.md §5
describe('POST /api/v1/web_hooks/fire', () => {
  it('sends one message and tells the answer', async () => {
    sink.answer({ headers: { 'content-type': 'text/plain', date: 'today', connection: 'close' }, body: 'OK' })
    const url = `${sink.url}/hook`
    expect(await fire({ gem_name: 'rails', url })).toEqual({
      status: 200,
      headers: asText,
      body:
        `Successfully deployed webhook for rails to ${url}\n\n` +
        'Response: 200\nContent-Type: text/plain\nDate: today\nConnection: close\nTransfer-Encoding: chunked\n\nOK',
    })
    expect(sink.received).toHaveLength(1)
  })

  it('sends with the account’s key and the message’s own id', async () => {
    await fire({ gem_name: 'rails', url: `${sink.url}/hook` })
    const { headers } = sink.received[0] ?? {}
    const { version } = arrived()
    expect(headers?.authorization).toBe(createHash('sha256').update(`rails${version}${key}`).digest('hex'))
    expect(headers?.['webhook-id']).toMatch(/^msg_fire_[0-9a-f]{32}$/)
  })

  it('fires for all gems about gemcutter, and says so', async () => {
    const answer = await fire({ gem_name: '*', url: sink.url })
    expect(answer.body).toMatch(/^Successfully deployed webhook for gemcutter to http/)
    expect(arrived()).toMatchObject({ name: 'gemcutter', version: '0.7.1' })
  })

  it('tells a refusal with the answer', async () => {
    sink.answer({
      status: 404,
      headers: { 'x-a': 'b', date: 'today', connection: 'close' },
      body: 'no "such" thing',
    })
    const answer = await fire({ gem_name: 'rails', url: sink.url })
    expect(answer).toMatchObject({ status: 400, headers: asJson })
    expect(JSON.parse(answer.body)).toEqual({
      error:
        `There was a problem deploying webhook for rails to ${sink.url}\n` +
        `Failed with status "failure": ${new URL(sink.url).host} answered 404 instead of 2xx.\n\n` +
        'Response: 404\nX-A: b\nDate: today\nConnection: close\nTransfer-Encoding: chunked\n\nno "such" thing',
    })
  })

  it('tells silence without an answer', async () => {
    sink.answer('drop')
    const answer = await fire({ gem_name: '*', url: sink.url })
    expect(answer).toMatchObject({ status: 400, headers: asJson })
    expect(JSON.parse(answer.body).error).toMatch(
      /^There was a problem deploying webhook for gemcutter to http:\/\/127\.0\.0\.1:\d+\nFailed with status "failure": [^\n]+$/,
    )
  })

  it.each([
    ['', 'the URL does not start with http'],
    ['nonsense', 'the URL does not start with http'],
    ['ftp://example.com', 'the URL does not start with http'],
    ['http://10.0.0.1/', 'Url is refused: 10.0.0.1 is not an address on the public internet'],
    ['http://127.0.0.1:22/', 'Url is refused: port 22 is not reachable'],
    ['mailto:a@example.com,b@example.com', 'Url must be mailto: followed by one email address'],
  ])('cannot fire at %j', async (url, reason) => {
    const answer = await fire({ gem_name: 'rails', url })
    expect(answer).toMatchObject({ status: 400, headers: asJson })
    const { error } = JSON.parse(answer.body)
    expect(error.split('\n')[0]).toBe(`There was a problem deploying webhook for rails to ${url}`)
    expect(error.split('\n')[1]).toMatch(/^Failed with status "failure": /)
    expect(error).toContain(reason)
  })

  it('takes a URL that could not be registered', async () => {
    const url = `${sink.url.replace('127.0.0.1', 'localhost')}/${'x'.repeat(300)}`
    expect(await fire({ gem_name: 'rails', url })).toMatchObject({ status: 200 })
  })

  it('does not reach this machine where that is not allowed', async () => {
    const closed = await openStage({ allow: nothing })
    closed.temp.arrive({ name: 'rails' })
    const answer = await fire({ gem_name: 'rails', url: sink.url }, closed)
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body).error).toContain('Url is refused: 127.0.0.1 is not an address')
    expect(sink.received).toEqual([])
    await closed.close()
  })

  it('remembers nothing', async () => {
    await fire({ gem_name: 'rails', url: sink.url })
    sink.answer({ status: 500 })
    await fire({ gem_name: 'rails', url: sink.url })
    for (const table of ['hooks', 'endpoints', 'releases', 'events', 'deliveries', 'attempts'])
      expect(api.temp.query(`SELECT * FROM ${table}`)).toEqual([])
  })

  it('leaves the failure count of a registered hook alone', async () => {
    const url = `${sink.url}/counted`
    api.temp.hook({ gemName: 'rails', url })
    sink.answer({ status: 410 })
    expect(await fire({ gem_name: 'rails', url })).toMatchObject({ status: 400 })
    expect(api.temp.query('SELECT failure_count, disabled_at FROM hooks JOIN endpoints')).toEqual([
      { failure_count: 0, disabled_at: null },
    ])
  })

  it('logs what came of it, but no secret', async () => {
    await fire({ gem_name: 'rails', url: `${sink.url}/token?token=1` })
    expect(api.logged).toMatchObject([
      {
        msg: 'hook fired',
        gem: 'rails',
        channel: 'webhook',
        host: '127.0.0.1',
        verdict: 'succeeded',
        statusCode: 200,
      },
    ])
    expect(JSON.stringify(api.logged)).not.toMatch(/token|gh_key/)
  })
})

describe('the release that is fired', () => {
  it('is the newest in the ledger, byte for byte as it came', async () => {
    const { body } = webhookFixture('ruby')
    const { version, ...facts } = JSON.parse(body.toString())
    api.temp.arrive({ ...facts, version: '8.1.2' })
    api.temp.arrive({ ...facts, version })
    api.temp.arrive({ ...facts, version: '8.2.0.beta1' })
    await fire({ gem_name: 'rails', url: sink.url })
    expect(sink.received[0]?.body.toString()).toBe(body.toString())
    expect(api.jobs).toMatchObject([
      {
        deliveryId: 0,
        attempt: 1,
        channel: 'webhook',
        url: sink.url,
        apiKey: key,
        unsubscribeUrl: null,
        message: { kind: 'pushed', origin: 'fire', previous: '8.1.2', occurredAt: testTime },
      },
    ])
    expect(api.upstream.asked).toEqual([])
  })

  it('is the upstream’s when the ledger has none', async () => {
    api.upstream.add('rails', { version: '9.9.9', info: 'From upstream.' })
    await fire({ gem_name: 'rails', url: sink.url })
    expect(arrived()).toMatchObject({
      name: 'rails',
      version: '9.9.9',
      info: 'From upstream.',
      yanked: false,
    })
    expect(api.upstream.asked).toEqual(['rails'])
    expect(api.jobs[0]?.message).toMatchObject({ origin: 'fire', previous: null })
  })

  it('is a sample when there is none anywhere, and says so', async () => {
    api.upstream.fail({ status: 503 })
    expect(await fire({ gem_name: 'in-house', url: sink.url })).toMatchObject({ status: 200 })
    expect(api.jobs[0]?.message).toMatchObject({ origin: 'sample', kind: 'pushed', previous: null })
    expect(Object.keys(arrived())).toEqual([...payloadKeys])
    expect(arrived()).toMatchObject({
      name: 'in-house',
      version: '0.0.0.sample',
      version_created_at: new Date(testTime).toISOString(),
      platform: 'ruby',
      yanked: false,
      info: 'This is a sample, sent to test a hook. in-house has no release 0.0.0.sample: gemherald has not seen a real one yet.',
    })
  })

  it('is a sample of gemcutter for all gems without the upstream', async () => {
    api.upstream.fail({ status: 404 })
    await fire({ gem_name: '*', url: sink.url })
    expect(arrived()).toMatchObject({ name: 'gemcutter', version: '0.0.0.sample' })
  })

  it.each([
    ['is pushed unless told', {}, { kind: 'pushed', yanked: false }],
    ['is pushed', { kind: 'pushed' }, { kind: 'pushed', yanked: false }],
    ['is yanked', { kind: 'yanked' }, { kind: 'yanked', yanked: true }],
  ])('%s', async (_what, asked, { kind, yanked }) => {
    api.temp.arrive({ name: 'rails' })
    expect(await fire({ gem_name: 'rails', url: sink.url, ...asked })).toMatchObject({ status: 200 })
    expect(arrived()).toMatchObject({ yanked })
    expect(api.jobs[0]?.message.kind).toBe(kind)
  })

  it('is what it is when all are yanked, unless told', async () => {
    api.temp.arrive({ name: 'rails', yanked: true })
    await fire({ gem_name: 'rails', url: sink.url })
    expect(arrived()).toMatchObject({ yanked: true })
    await fire({ gem_name: 'rails', url: sink.url, kind: 'pushed' })
    expect(arrived()).toMatchObject({ yanked: false })
  })

  it.each(['restored', 'Pushed'])('is not of kind %j', async (kind) => {
    expect(await fire({ gem_name: 'rails', url: sink.url, kind })).toEqual({
      status: 400,
      headers: asJson,
      body: '{"error":"Kind is not one of pushed, yanked"}',
    })
  })
})

describe('the channel that is fired at', () => {
  let slack: SlackSink
  let smtp: SmtpSink
  let mailing: Stage

  beforeAll(async () => {
    slack = await startSlackSink()
    smtp = await startSmtpSink()
    mailing = await openStage({ mail: { url: smtp.url, from: 'Gems <gems@example.com>' } })
    mailing.temp.arrive({ name: 'rails', version: '8.1.2' })
    mailing.temp.arrive({ name: 'rails', version: '8.1.3' })
  })

  afterAll(async () => {
    await mailing.close()
    await smtp.close()
    await slack.close()
  })

  it('may be Slack', async () => {
    const answer = await fire({ gem_name: 'rails', url: slack.url, channel: 'slack' }, mailing)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatch(/\n\nResponse: 200\n.*\n\nok$/s)
    expect(JSON.stringify(slack.posts)).toContain('8.1.3')
    expect(JSON.stringify(slack.posts)).toContain('8.1.2')
  })

  it('tells what Slack refuses with', async () => {
    slack.answerNext({ status: 404, body: 'no_service' })
    const answer = await fire({ gem_name: 'rails', url: slack.url, channel: 'slack' }, mailing)
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body).error).toMatch(
      /\nFailed with status "failure": Slack answered 404 no_service: .*\n\nResponse: 404\n.*\n\nno_service$/s,
    )
  })

  it('may be email', async () => {
    const answer = await fire({ gem_name: 'rails', url: 'mailto:team@example.com' }, mailing)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatch(
      /^Successfully deployed webhook for rails to mailto:team@example\.com\n\nResponse: 250\n\n/,
    )
    expect(smtp.mails.map(({ envelope }) => envelope.to)).toEqual([['team@example.com']])
  })

  it('tells what a mail server refuses with', async () => {
    smtp.reply('rcpt', { code: 550, text: 'no such user' }, { times: 1 })
    const answer = await fire({ gem_name: 'rails', url: 'mailto:nobody@example.com' }, mailing)
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body).error).toMatch(
      /\nFailed with status "failure": .*\n\nResponse: 550\n\n.*no such user/s,
    )
  })

  it('is not email where that is not set up', async () => {
    const mute = await openStage({ missingMail: 'SMTP_URL and MAIL_FROM' })
    const answer = await fire({ gem_name: 'rails', url: 'mailto:team@example.com' }, mute)
    expect(JSON.parse(answer.body).error).toBe(
      'There was a problem deploying webhook for rails to mailto:team@example.com\n' +
        'Failed with status "failure": Channel email is not set up on this server: set SMTP_URL and MAIL_FROM',
    )
    await mute.close()
  })

  it.each([
    ['http://127.0.0.1:9/', 'sms', 'Channel is not one of webhook, slack, email, inbox'],
    ['http://127.0.0.1:9/', 'email', 'Channel email needs a mailto: URL'],
    ['mailto:team@example.com', 'slack', 'Channel slack needs an http or https URL'],
  ])('must suit the URL: %s, %s', async (url, channel, reason) => {
    const answer = await fire({ gem_name: 'rails', url, channel }, mailing)
    expect(answer).toMatchObject({ status: 400, headers: asJson })
    expect(JSON.parse(answer.body).error).toMatch(new RegExp(`\nFailed with status "failure": ${reason}$`))
  })
})
