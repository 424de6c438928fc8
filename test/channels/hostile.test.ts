import fc from 'fast-check'
import { createTransport } from 'nodemailer'
import { afterAll, describe, expect, it } from 'vitest'
import { emailMessage } from '../../src/channels/email-message.js'
import { ok } from '../../src/error.js'
import type { OutboundRequest } from '../../src/outbound/client.js'
import { type HostileRelease, hostileRelease } from './hostile-payloads.js'
import { aJob } from './jobs.js'
import { emailFaults, otherReadings, post } from './judge-email.js'
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

/** What is wrong with the messages about a release. Nothing, when they are as they should be. */
async function faultsOf(release: HostileRelease, mail: Buffer) {
  const slack = await send('slack', release)
  const found = {
    webhook: webhookFaults(await send('webhook', release), release),
    slack: slackFaults(String(slack.body), release),
    email: emailFaults(mail, release),
  }
  return Object.values(found).flat().length === 0 ? [] : [{ release, ...found }]
}

// The mail library takes its time for one mail, and little more for several at once.
const batch = fc.array(hostileRelease, { minLength: 20, maxLength: 20 })

describe('10,000 hostile payloads', () => {
  it('smuggle nothing into a webhook, a Slack message or an email, and none breaks a limit', async () => {
    await fc.assert(
      fc.asyncProperty(batch, async (releases) => {
        const mails = await Promise.all(releases.map(write))
        const faults: unknown[] = []
        for (const [i, release] of releases.entries())
          faults.push(...(await faultsOf(release, mails[i] as Buffer)))
        for (const mail of mails.slice(0, 2)) faults.push(...(await otherReadings(mail)))
        expect(faults).toEqual([])
      }),
      { numRuns: 500 },
    )
  }, 120_000)
})
