import fc from 'fast-check'
import { createTransport } from 'nodemailer'
import { afterAll, describe, expect, it } from 'vitest'
import { emailMessage } from '../../src/channels/email-message.js'
import { ok } from '../../src/error.js'
import type { OutboundRequest } from '../../src/outbound/client.js'
import { type HostileRelease, hostileRelease } from './hostile-payloads.js'
import { aJob } from './jobs.js'
import { emailFaults, post } from './judge-email.js'
import { slackFaults } from './judge-slack.js'
import { webhookFaults } from './judge-webhook.js'
import { openStage } from './stage.js'

const requests: OutboundRequest[] = []
const stage = openStage({
  outbound: {
    async request(request) {
      requests.push(request)
      return ok({ status: 200, headers: {}, body: Buffer.from('ok'), truncated: false })
    },
    close: async () => {},
  },
})
const writer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })

afterAll(() => stage.close())

const url = `mailto:${post.recipient}`
const jobs = {
  webhook: aJob({ channel: 'webhook', url: 'https://example.com/' }),
  slack: aJob({ channel: 'slack', url: 'https://example.com/' }),
  email: aJob({ channel: 'email', url, unsubscribeUrl: post.unsubscribeUrl }),
}

async function send(channel: 'webhook' | 'slack', { message }: HostileRelease): Promise<OutboundRequest> {
  await stage.channels.attempt({ ...jobs[channel], message })
  return requests.pop() as OutboundRequest
}

async function write({ message }: HostileRelease): Promise<Buffer> {
  const mail = emailMessage({ ...jobs.email, message }, post.sender, { name: '', address: post.recipient })
  return (await writer.sendMail(mail)).message as Buffer
}

describe('10,000 hostile payloads', () => {
  it('smuggle nothing into a webhook, a Slack message or an email, and none breaks a limit', async () => {
    await fc.assert(
      fc.asyncProperty(hostileRelease, async (release) => {
        const slack = await send('slack', release)
        expect({
          webhook: webhookFaults(await send('webhook', release), release),
          slack: slackFaults(String(slack.body), release),
          email: await emailFaults(await write(release), release),
        }).toEqual({ webhook: [], slack: [], email: [] })
      }),
      { numRuns: 10_000 },
    )
  }, 120_000)
})
