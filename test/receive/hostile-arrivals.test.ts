import { afterEach, expect, it } from 'vitest'
import { startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { startHttpSink } from '../helpers/http-sink.js'
import { startSlackSink } from '../helpers/slack-sink.js'
import { startSmtpSink } from '../helpers/smtp-sink.js'
import { until } from '../helpers/wait.js'
import { authorizationFor, secrets } from '../helpers/webhooks.js'
import { chooserOf, oddFacts } from './hostile-requests.js'

let closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.toReversed()) await close()
  closing = []
})

const releases = 200
const names = ['rails', '__proto__', 'constructor', 'toString', '1a', 'x'.repeat(255), '_-.a', 'Then']

it('whatever is accepted is fanned out, rendered and delivered on every channel', async () => {
  const { gemherald, http, slack, mail, letTimePass } = await startStage()
  const accepted: string[] = []
  for (let from = 0; from < releases; from += 50)
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const number = `7.${from + index}.0`
        if ((await pushOdd(gemherald, number, from + index)).status === 202) accepted.push(number)
      }),
    )
  // Only what is nested too deep is refused.
  expect(accepted.length).toBeGreaterThan(releases * 0.9)

  const arrived = {
    webhook: () => http.received.map(({ body }) => String(JSON.parse(body.toString()).version)),
    email: () => mail.mails.map(({ email }) => numberIn(email.subject ?? '')),
    slack: () => slack.posts.map(({ text }) => numberIn(text)),
  }
  for (const numbers of Object.values(arrived)) {
    await until(
      'every accepted release has arrived',
      () => {
        if (numbers === arrived.slack) letTimePass()
        return new Set(numbers()).size >= accepted.length
      },
      60_000,
    )
    expect(numbers().toSorted()).toEqual(accepted.toSorted())
  }
  expect(slack.requests).toHaveLength(slack.posts.length)
  await until('all outcomes are recorded', async () => {
    const { status, body } = await gemherald.readiness()
    return status === 200 && body.pendingDeliveries === 0
  })
}, 120_000)

/** gemherald with a `*` hook on each channel, and a clock that a test can move on: Slack gets one message a second. */
async function startStage() {
  const [http, slack, mail] = [await startHttpSink(), await startSlackSink(), await startSmtpSink()]
  closing.push(http.close, slack.close, mail.close)
  let ahead = 0
  const now = () => Date.now() + ahead
  const gemherald = await startGemherald({ now, env: { SMTP_URL: mail.url, MAIL_FROM: 'gems@example.com' } })
  closing.push(gemherald.remove)
  await gemherald.addHook('*', `${http.url}/hook`)
  await gemherald.addHook('*', slack.url, { channel: 'slack' })
  await gemherald.addHook('*', 'mailto:team@example.com')
  const letTimePass = () => {
    // Not far ahead of what was sent, or what is under way would count as lost.
    ahead = Math.min(ahead + 1000, (slack.posts.length + 30) * 1000)
    gemherald.wake()
  }
  return { gemherald, http, slack, mail, letTimePass }
}

function pushOdd(gemherald: TestGemherald, number: string, seed: number) {
  const choose = chooserOf(seed)
  const name = choose.of(names)
  const body = Buffer.from(oddFacts(choose, name, number))
  return gemherald.push(body, authorizationFor(name, number, secrets.modernSha256))
}

function numberIn(text: string): string {
  return /\b7\.\d+\.0\b/.exec(text)?.[0] ?? `none in ${text}`
}
