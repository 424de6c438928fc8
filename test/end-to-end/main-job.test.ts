import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { apiKey, startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { type HttpSink, type ReceivedRequest, startHttpSink } from '../helpers/http-sink.js'
import { type SlackSink, startSlackSink } from '../helpers/slack-sink.js'
import { type SmtpSink, startSmtpSink } from '../helpers/smtp-sink.js'
import { until } from '../helpers/wait.js'
import { onBothTransports } from './transports.js'

const fixture = readFileSync('test/fixtures/webhook-payload-ruby.json')
const authorization = 'b7dad96c8fffa0910e0b2296dc23d6b080b2ba019f193478a3d91b621e2d12b4'

onBothTransports('a gem push', (environment) => {
  let http: HttpSink
  let slack: SlackSink
  let smtp: SmtpSink
  let gemherald: TestGemherald

  beforeAll(async () => {
    ;[http, slack, smtp] = await Promise.all([startHttpSink(), startSlackSink(), startSmtpSink()])
  })
  afterAll(() => Promise.all([http.close(), slack.close(), smtp.close()]))
  const start = async (other: Record<string, string> = {}) => {
    gemherald = await startGemherald({
      env: {
        ...(await environment()),
        SMTP_URL: smtp.url,
        MAIL_FROM: 'gemherald <gems@example.com>',
        ...other,
      },
    })
    return gemherald
  }
  afterEach(() => gemherald.remove())

  it('reaches Slack, email and HTTP endpoints', async () => {
    await start()
    await gemherald.addHook('rails', `${http.url}/rails`)
    await gemherald.addHook('*', slack.url, { channel: 'slack' })
    await gemherald.addHook('rails', 'mailto:team@example.org')

    expect(await gemherald.push(fixture, authorization)).toEqual({
      status: 202,
      body: { status: 'accepted', event: 1 },
    })
    const [request] = await http.waitFor(1)
    const [post] = await slack.waitFor(1)
    const [mail] = await smtp.waitFor(1)

    expect(request?.path).toBe('/rails')
    expect(request?.body.equals(fixture)).toBe(true)
    expect(request?.headers.authorization).toBe(sha256(`rails8.1.3.1${apiKey}`))
    expect(
      new Webhook(apiKey, { format: 'raw' }).verify(fixture, request?.headers as Record<string, string>),
    ).toBeTruthy()
    expect(post?.text).toContain('rails 8.1.3.1')
    expect(mail?.envelope.to).toEqual(['team@example.org'])
    expect(mail?.email.subject).toContain('rails 8.1.3.1')
  })

  it('measures the jump from the highest earlier live release', async () => {
    await start()
    await pushAll(['7.2.3', '8.0.1', '8.1.0.beta1', '9.0.0'])
    await yank('9.0.0')
    const before = slack.posts.length
    await gemherald.addHook('rails', slack.url, { channel: 'slack' })
    await pushAll(['8.1.0'])
    const posts = await slack.waitFor(before + 1)
    expect(JSON.stringify(posts.at(-1))).toContain('8.0.1')
    expect(JSON.stringify(posts.at(-1))).toMatch(/minor/i)
  })

  it('sends one message to an endpoint that two hooks name', async () => {
    await start()
    const before = http.received.length
    await gemherald.addHook('rails', `${http.url}/twice`)
    await gemherald.addHook('*', `${http.url}/twice`)
    await pushAll(['1.0.0', '1.0.1'])
    await http.waitFor(before + 2)
    await until('nothing is owed', async () => (await gemherald.readiness()).body.pendingDeliveries === 0)
    expect(http.received.slice(before).map(versionIn).sort()).toEqual(['1.0.0', '1.0.1'])
  })

  it('says nothing about what nobody asked for, nor twice about the same', async () => {
    await start()
    const before = http.received.length
    await gemherald.addHook('rack', `${http.url}/rack`)
    await pushAll(['1.0.0'])
    await gemherald.pushRelease('rack', '3.0.0')
    expect((await gemherald.pushRelease('rack', '3.0.0')).status).toBe(200)
    await gemherald.pushRelease('rack', '3.0.1')
    await http.waitFor((all) => all.length >= before + 2)
    expect(http.received.slice(before).map(versionIn).sort()).toEqual(['3.0.0', '3.0.1'])
  })

  it('tells of yanks and restores', async () => {
    await start()
    const before = http.received.length
    await gemherald.addHook('rails', `${http.url}/yanks`)
    await pushAll(['1.0.0'])
    await yank('1.0.0')
    await pushAll(['1.0.0'])
    await http.waitFor(before + 3)
    const yanked = http.received.slice(before).map((request) => JSON.parse(request.body.toString()).yanked)
    expect(yanked.sort()).toEqual([false, false, true])
  })

  const pushAll = async (versions: string[]) => {
    for (const version of versions) expect((await gemherald.pushRelease('rails', version)).status).toBe(202)
  }
  const yank = (version: string) => gemherald.pushRelease('rails', version, { yanked: true })
})

function versionIn(request: ReceivedRequest): string {
  return JSON.parse(request.body.toString()).version
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

describe('a server without secrets', () => {
  it('refuses every webhook and says why', async () => {
    const gemherald = await startGemherald({ env: { RUBYGEMS_API_KEYS: '' } })
    const { status, body } = await gemherald.push(fixture, authorization)
    expect(status).toBe(401)
    expect(body.error).toContain('No secret is configured')
    await gemherald.remove()
  })
})
