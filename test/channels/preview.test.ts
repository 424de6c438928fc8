import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { previewOf } from '../../src/channels/preview.js'
import type { Message } from '../../src/delivery.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { type SlackSink, startSlackSink } from '../helpers/slack-sink.js'
import { type SmtpSink, startSmtpSink } from '../helpers/smtp-sink.js'
import { aJob, hostileMessage, payload, payloadNames } from './jobs.js'
import { noon, openStage } from './stage.js'
import { readMime } from './strict-mime.js'

const from = 'Gem news <news@example.com>'

let http: HttpSink
let slack: SlackSink
let smtp: SmtpSink
let stage: ReturnType<typeof openStage>
beforeAll(async () => {
  http = await startHttpSink()
  slack = await startSlackSink()
  smtp = await startSmtpSink()
  stage = openStage({ mail: { url: smtp.url, from } })
})
afterAll(async () => {
  await stage.close()
  await Promise.all([http.close(), slack.close(), smtp.close()])
})

const samples: [string, Partial<Message>][] = [
  ...payloadNames.map((name): [string, Partial<Message>] => [name, { body: payload(name) }]),
  ['a yank', { kind: 'yanked' }],
  ['a test', { origin: 'fire', previous: null }],
]

describe('a preview is what arrives', () => {
  it.each(samples)('at a webhook: %s', async (_what, message) => {
    const job = aJob({ channel: 'webhook', url: http.url }, message)
    const { webhook } = previewOf(job, from, noon)
    await stage.channels.attempt(job)
    const { headers, body } = http.received.at(-1) ?? {}
    expect(webhook.body).toBe(body?.toString())
    expect(headers).toMatchObject(webhook.headers)
    const beside = Object.keys(headers ?? {}).filter((name) => webhook.headers[name] === undefined)
    expect(beside.sort()).toEqual(['accept-encoding', 'connection', 'content-length', 'host', 'user-agent'])
  })

  it.each(samples)('in Slack: %s', async (_what, message) => {
    const job = aJob({ channel: 'slack', url: slack.url }, message)
    await stage.channels.attempt(job)
    expect(slack.posts.at(-1)).toEqual(previewOf(job, from, noon).slack)
  })

  it.each([
    ...samples.map(([what, message]) => [what, message, null] as const),
    ['one that can be stopped', {}, 'https://gems.example.com/unsubscribe/1.abc'] as const,
  ])('as an email: %s', async (_what, message, unsubscribeUrl) => {
    const job = aJob({ channel: 'email', url: 'mailto:ada@example.com', unsubscribeUrl }, message)
    const { email } = previewOf(job, from, noon)
    await stage.channels.attempt(job)
    const mail = smtp.mails.at(-1)
    expect(email).toMatchObject({
      from,
      to: 'ada@example.com',
      subject: mail?.email.subject,
      // The parser ends each part with a line break of its own.
      text: mail?.email.text?.slice(0, -1),
      html: mail?.email.html?.slice(0, -1),
    })
    const sent = new Map(
      readMime(mail?.raw ?? Buffer.alloc(0)).headers.map(([name, value]) => [name.toLowerCase(), value]),
    )
    for (const [name, value] of Object.entries(email.headers))
      expect([name, sent.get(name.toLowerCase())]).toEqual([name, value])
    const beside = [...sent.keys()].filter(
      (sentName) => !Object.keys(email.headers).some((name) => name.toLowerCase() === sentName),
    )
    expect(beside.sort()).toEqual(['content-type', 'from', 'mime-version', 'subject', 'to'])
  })
})

describe('a preview', () => {
  it.each(['inbox:demo', 'https://example.com/', ''])('needs neither sender nor mailbox: %j', (url) => {
    const { email } = previewOf(aJob({ channel: 'inbox', url }), null, noon)
    expect(email).toMatchObject({
      from: 'gemherald <gemherald@example.com>',
      to: 'team@example.com',
      headers: { 'List-ID': '<gems.example.com>' },
    })
  })

  it('can be made of whatever strangers write', () => {
    fc.assert(
      fc.property(hostileMessage, (message) => {
        const { webhook, slack, email } = previewOf(
          { ...aJob({ channel: 'inbox', url: 'inbox:demo' }), message },
          null,
          noon,
        )
        expect(webhook.body).toBe(message.body)
        expect(slack.blocks.length).toBeGreaterThan(0)
        for (const value of [
          ...Object.values(webhook.headers),
          ...Object.values(email.headers),
          email.subject,
        ])
          expect(value).not.toMatch(/[\r\n\0]/)
        expect(email.html).not.toMatch(/<script/i)
      }),
    )
  })
})
