import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChannelParts } from '../../src/channels/channels.js'
import type { Attempt } from '../../src/delivery.js'
import { type SmtpSink, type SmtpSinkOptions, type SmtpStage, startSmtpSink } from '../helpers/smtp-sink.js'
import { aJob, payload, payloadNames } from './jobs.js'
import { noon, openStage } from './stage.js'

const from = 'Gem news <news@example.com>'
const password = 'pa&ss wörd'

let closers: (() => Promise<void>)[]

beforeEach(() => {
  closers = []
})

afterEach(async () => {
  for (const close of closers.reverse()) await close()
})

/** A mail server, and channels that send through it. */
async function open(
  options: SmtpSinkOptions = {},
  timeouts: NonNullable<ChannelParts['timeouts']> = {},
  url = (sink: SmtpSink) => sink.url,
) {
  const smtp = await startSmtpSink(options)
  closers.push(smtp.close)
  const { channels, close } = openStage({ mail: { url: url(smtp), from }, timeouts })
  closers.push(close)
  const attempt = (message = {}, to = 'ada@example.com'): Promise<Attempt> =>
    channels.attempt(aJob({ channel: 'email', url: `mailto:${to}` }, message))
  return { smtp, channels, attempt }
}

const failed = { headers: null, retryAfterMs: null, endpointGone: false }

describe('the email channel', () => {
  it.each(payloadNames)('sends %s', async (name) => {
    const { smtp, attempt } = await open()
    expect(await attempt({ body: payload(name) })).toMatchObject({
      startedAt: noon,
      verdict: 'succeeded',
      statusCode: 250,
      headers: null,
      response: expect.stringMatching(/^250 /),
      error: null,
      retryAfterMs: null,
      endpointGone: false,
    })
    const [mail] = await smtp.waitFor(1)
    expect(mail?.envelope).toEqual({ from: 'news@example.com', to: ['ada@example.com'] })
    expect(mail?.email.subject).toContain(JSON.parse(payload(name)).name)
    expect(mail?.email.from).toEqual({ name: 'Gem news', address: 'news@example.com' })
  })

  it('sends to the address in the URL and to nobody else', async () => {
    const { smtp, attempt } = await open()
    await attempt({}, 'ada%2Bgems@example.com')
    expect(smtp.mails[0]?.envelope.to).toEqual(['ada+gems@example.com'])
    expect(await attempt({}, 'ada@example.com?bcc=eve@example.com')).toMatchObject({ verdict: 'dead' })
    expect(smtp.mails).toHaveLength(1)
  })

  it('logs in', async () => {
    const { attempt } = await open({ login: { user: 'ada@example.com', password } })
    expect((await attempt()).verdict).toBe('succeeded')
  })

  it('sends many at a time over five connections, which it keeps', async () => {
    const { smtp, attempt } = await open()
    const attempts = await Promise.all(Array.from({ length: 20 }, (_, i) => attempt({ id: `msg_${i}` })))
    expect(attempts.map(({ verdict }) => verdict)).toEqual(Array(20).fill('succeeded'))
    expect(new Set(smtp.mails.map(({ email }) => email.messageId)).size).toBe(20)
    expect(smtp.connections).toBeGreaterThan(0)
    expect(smtp.connections).toBeLessThanOrEqual(5)
  })

  it('closes its connections', async () => {
    const { smtp, channels, attempt } = await open()
    await attempt()
    await channels.close()
    await expect.poll(() => smtp.connections).toBe(0)
  })
})

describe('a refusal', () => {
  const cases: [SmtpStage, number, 'dead' | 'retry'][] = [
    ['rcpt', 550, 'dead'],
    ['rcpt', 553, 'dead'],
    ['rcpt', 503, 'retry'],
    ['rcpt', 450, 'retry'],
    ['rcpt', 421, 'retry'],
    ['data', 552, 'dead'],
    ['data', 554, 'dead'],
    ['data', 451, 'retry'],
    ['data', 421, 'retry'],
    ['mail', 550, 'retry'],
    ['mail', 530, 'retry'],
    ['mail', 451, 'retry'],
    ['connect', 554, 'retry'],
    ['connect', 421, 'retry'],
  ]
  it.each(cases)('at %s with %d is %s', async (stage, code, verdict) => {
    const { smtp, attempt } = await open()
    smtp.reply(stage, { code, text: '5.7.1 Because I say so' })
    const result = await attempt()
    expect(result).toMatchObject({ ...failed, verdict, statusCode: code })
    expect(result.response).toContain('Because I say so')
    expect(result.error).toContain(new URL(smtp.url).host)
    expect(result.error).toContain('Because I say so')
  })

  it('of one recipient does not touch another', async () => {
    const { smtp, attempt } = await open()
    smtp.reply('rcpt', { code: 550, text: 'No such user' }, { recipient: 'eve@example.com' })
    const attempts = await Promise.all([attempt({}, 'eve@example.com'), attempt(), attempt()])
    expect(attempts.map(({ verdict }) => verdict)).toEqual(['dead', 'succeeded', 'succeeded'])
  })

  it.each(['mailto:ada', 'mailto:ada@example.com,eve@example.com', 'https://example.com/'])(
    'is ours when %s is not one address',
    async (url) => {
      const { channels } = await open()
      const result = await channels.attempt(aJob({ channel: 'email', url }))
      expect(result).toMatchObject({ ...failed, verdict: 'dead', statusCode: null })
      expect(result.error).toContain(url)
    },
  )
})

describe('trouble on the way', () => {
  it.each<SmtpStage>(['connect', 'mail', 'rcpt', 'data'])(
    'is worth another try: dropped at %s',
    async (stage) => {
      const { smtp, attempt } = await open()
      smtp.reply(stage, 'drop')
      expect(await attempt()).toMatchObject({ ...failed, verdict: 'retry', statusCode: null })
      // One attempt is one connection: what comes next is the retry schedule's business.
      expect(smtp.opened).toBe(1)
    },
  )

  it.each<SmtpStage>(['connect', 'mail', 'rcpt', 'data'])('ends in time: silent at %s', async (stage) => {
    const { smtp, attempt } = await open({}, { attemptMs: 300 })
    smtp.reply(stage, 'hang')
    const result = await attempt()
    expect(result).toMatchObject({ ...failed, verdict: 'retry', statusCode: null })
    expect(result.error).toContain('no answer within 0.3 s')
    await expect.poll(() => smtp.connections).toBe(0)
  })

  it('is worth another try: nobody listens', async () => {
    const { smtp, attempt } = await open()
    await smtp.close()
    const result = await attempt()
    expect(result).toMatchObject({ ...failed, verdict: 'retry', statusCode: null })
    expect(result.error).toContain('ECONNREFUSED')
  })

  it('is worth another try: a certificate that nobody trusts', async () => {
    const { attempt } = await open({ starttls: true })
    const result = await attempt()
    expect(result).toMatchObject({ ...failed, verdict: 'retry', statusCode: null })
    expect(result.error).toContain('certificate')
  })

  it('repeats the same message after a drop that came too late to know', async () => {
    const { smtp, attempt } = await open()
    smtp.reply('data', 'drop', { times: 1 })
    expect((await attempt()).verdict).toBe('retry')
    expect((await attempt()).verdict).toBe('succeeded')
    const [first, second] = smtp.mails
    expect(smtp.mails).toHaveLength(2)
    expect(first?.reply).toBe('drop')
    expect(second?.email.messageId).toBe(first?.email.messageId)
    expect(second?.raw.equals(first?.raw ?? Buffer.of())).toBe(true)
  })
})

describe('settings', () => {
  it('keeps the password out of what it says, even when the server repeats it', async () => {
    const login = { user: 'ada@example.com', password }
    const wrong = (sink: SmtpSink) =>
      sink.url.replace(encodeURIComponent(password), encodeURIComponent('s3cret word'))
    const { attempt } = await open({ login }, undefined, wrong)
    const result = await attempt()
    expect(result).toMatchObject({ ...failed, verdict: 'retry', statusCode: 535 })
    expect(result.error).toContain('refused the login in SMTP_URL')
    expect(result.response).toContain('No such login: ada@example.com ***')
    expect(JSON.stringify(result)).not.toMatch(/s3cret/)
  })

  it('waits for settings when there are none', async () => {
    const { channels, close } = openStage({ mail: null })
    closers.push(close)
    expect(await channels.attempt(aJob({ channel: 'email', url: 'mailto:ada@example.com' }))).toMatchObject({
      ...failed,
      verdict: 'retry',
      statusCode: null,
      error: 'SMTP_URL is not set, so no email can be sent; set SMTP_URL and MAIL_FROM.',
    })
  })

  it.each([
    { url: 'nonsense s3cret', from, names: 'SMTP_URL' },
    { url: 'smtp://user:s3cret@exa mple.com', from, names: 'SMTP_URL' },
    { url: 'smtp://user:s3cret@example.com:99999', from, names: 'SMTP_URL' },
    { url: 'smtp://user:s3cret@exa%00mple.com', from, names: 'SMTP_URL' },
    { url: 'smtp://127.0.0.1', from: 'nobody', names: 'MAIL_FROM' },
  ])('are refused, without a word of the password: $url, $from', ({ names, ...mail }) => {
    let thrown: unknown
    try {
      openStage({ mail })
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(Error)
    expect(String(thrown)).toContain(names)
    expect(JSON.stringify(thrown, Object.getOwnPropertyNames(thrown))).not.toContain('s3cret')
  })
})

it('throws on a bug: a body that is no JSON', async () => {
  const { attempt } = await open()
  await expect(attempt({ body: 'nonsense' })).rejects.toThrow(SyntaxError)
})
