import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Channel } from '../../src/endpoint.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { type SlackSink, startSlackSink } from '../helpers/slack-sink.js'
import { type SmtpSink, startSmtpSink } from '../helpers/smtp-sink.js'
import { hostileRelease } from './hostile-payloads.js'
import { aJob } from './jobs.js'
import { emailFaults, otherReadings, post } from './judge-email.js'
import { slackFaults } from './judge-slack.js'
import { webhookFaults } from './judge-webhook.js'
import { openStage } from './stage.js'

let http: HttpSink
let slack: SlackSink
let smtp: SmtpSink
let stage: ReturnType<typeof openStage>

beforeAll(async () => {
  http = await startHttpSink()
  slack = await startSlackSink()
  smtp = await startSmtpSink()
  const { name, address } = post.sender
  stage = openStage({ mail: { url: smtp.url, from: `${name} <${address}>` } })
})

afterAll(async () => {
  await stage.close()
  await Promise.all([http.close(), slack.close(), smtp.close()])
})

// What the client adds by itself, whatever is sent.
const ofTheClient = ['host', 'connection', 'content-length', 'user-agent', 'accept-encoding', 'accept']

it('keeps its promises about hostile payloads on the wire, too', async () => {
  const { unsubscribeUrl, recipient } = post
  let count = 0
  await fc.assert(
    fc.asyncProperty(hostileRelease, async (release) => {
      const send = (channel: Channel, url: string) =>
        stage.channels.attempt({ ...aJob({ channel, url, unsubscribeUrl }), message: release.message })
      const attempts = await Promise.all([
        send('webhook', http.url),
        send('slack', slack.url),
        send('email', `mailto:${recipient}`),
      ])
      count += 1
      expect(attempts.map(({ verdict }) => verdict)).toEqual(['succeeded', 'succeeded', 'succeeded'])
      // One of each, not a second one that the first one smuggled.
      expect([http.received.length, slack.requests.length, smtp.mails.length]).toEqual([count, count, count])
      const hook = http.received.at(-1)
      const mail = smtp.mails.at(-1)
      const raw = mail?.raw ?? Buffer.alloc(0)
      const headers = Object.entries(hook?.headers ?? {}).filter(([name]) => !ofTheClient.includes(name))
      expect(mail?.envelope).toEqual({ from: post.sender.address, to: [recipient] })
      expect({
        webhook: webhookFaults(
          { body: hook?.body ?? '', headers: Object.fromEntries(headers) as Record<string, string> },
          release,
        ),
        slack: slackFaults(String(slack.requests.at(-1)?.body), release),
        email: [...emailFaults(raw, release), ...(await otherReadings(raw))],
      }).toEqual({ webhook: [], slack: [], email: [] })
    }),
    { numRuns: 60 },
  )
})
