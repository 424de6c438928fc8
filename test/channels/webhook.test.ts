import { readFileSync } from 'node:fs'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Job } from '../../src/delivery.js'
import type { HttpBehaviour, HttpSink } from '../helpers/http-sink.js'
import { startHttpSink } from '../helpers/http-sink.js'
import { aJob, payload, payloadNames } from './jobs.js'
import { noon, openStage } from './stage.js'

interface Known {
  file: string
  authorization: { secret_legacy: string; secret_first_key_hash: string }
}
const { keys, payloads }: { keys: Record<'legacy_plain' | 'modern_sha256', string>; payloads: Known[] } =
  JSON.parse(readFileSync(new URL('../fixtures/webhook-authorization.json', import.meta.url), 'utf8'))

let sink: HttpSink
const stage = openStage()
const hasty = openStage({ timeouts: { attemptMs: 300 } })

beforeAll(async () => {
  sink = await startHttpSink()
})

afterAll(async () => {
  await stage.close()
  await hasty.close()
  await sink.close()
})

/** One attempt at an endpoint that behaves so. */
async function attempt(behaviour: HttpBehaviour, job: Partial<Job> = {}) {
  sink.answer(behaviour)
  return (behaviour === 'hang' ? hasty : stage).channels.attempt(
    aJob({ channel: 'webhook', url: `${sink.url}/hook`, ...job }),
  )
}

describe('what a webhook endpoint receives', () => {
  it.each(payloadNames)(
    "%s: the bytes of the message, with RubyGems.org's headers and the signed ones",
    async (name) => {
      const body = payload(name)
      const job = aJob({ channel: 'webhook', url: `${sink.url}/hook?room=1` }, { body })
      await stage.channels.attempt(job)
      const request = sink.received.at(-1)
      expect(request).toMatchObject({ method: 'POST', path: '/hook?room=1' })
      expect(request?.body.toString()).toBe(body)
      expect(request?.headers).toMatchObject({
        'content-type': 'application/json',
        'user-agent': 'gemherald/test',
        'webhook-id': job.message.id,
        'webhook-timestamp': String(Math.floor(noon / 1000)),
      })
      const names = Object.keys(request?.headers ?? {}).sort()
      expect(names).toEqual([
        ...['accept-encoding', 'authorization', 'connection', 'content-length', 'content-type'],
        ...['gemherald-via', 'host'],
        ...['user-agent', 'webhook-id', 'webhook-signature', 'webhook-timestamp'],
      ])
    },
  )

  it.each(payloads)('$file is authorized as RubyGems.org does', async ({ file, authorization }) => {
    const name = file.replace(/^webhook-payload-|\.json$/g, '')
    for (const [apiKey, expected] of [
      [keys.legacy_plain, authorization.secret_legacy],
      [keys.modern_sha256, authorization.secret_first_key_hash],
    ] as const) {
      await stage.channels.attempt(
        aJob({ channel: 'webhook', url: sink.url, apiKey }, { body: payload(name) }),
      )
      expect(sink.received.at(-1)?.headers.authorization).toBe(expected)
    }
  })

  it('is signed with the API key, so that any Standard Webhooks library can check it', async () => {
    // Their library checks the time against the real clock.
    const { channels, close } = openStage({ now: Date.now })
    const job = aJob({ channel: 'webhook', url: sink.url })
    await channels.attempt(job)
    await close()
    const { body, headers } = sink.received.at(-1) ?? { body: '', headers: {} }
    const check = (key: string, text: string) =>
      new Webhook(key, { format: 'raw' }).verify(text, headers as Record<string, string>)
    expect(check(job.apiKey, body.toString())).toEqual(JSON.parse(job.message.body))
    expect(() => check('another key', body.toString())).toThrow('No matching signature')
    expect(() => check(job.apiKey, `${body} `)).toThrow('No matching signature')
  })

  it('is the same on every attempt', async () => {
    await attempt({ status: 500 })
    await attempt({ status: 200 }, { attempt: 2 })
    const [first, second] = sink.received.slice(-2)
    expect(second?.body).toEqual(first?.body)
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
  })
})

describe('what a webhook endpoint answers', () => {
  it.each([200, 201, 202, 204, 299])('%d is success', async (status) => {
    expect(
      await attempt({ status, headers: { 'X-Room': 'one' }, body: status === 204 ? '' : 'thanks' }),
    ).toMatchObject({
      startedAt: noon,
      verdict: 'succeeded',
      statusCode: status,
      headers: { 'x-room': 'one' },
      response: status === 204 ? '' : 'thanks',
      error: null,
      retryAfterMs: null,
      endpointGone: false,
    })
  })

  it.each([400, 401, 403, 404, 418, 429, 500, 502, 503])('%d is worth another try', async (status) => {
    const host = new URL(sink.url).host
    expect(await attempt({ status, body: 'sorry' })).toMatchObject({
      verdict: 'retry',
      statusCode: status,
      response: 'sorry',
      error: `${host} answered ${status} instead of 2xx.`,
      endpointGone: false,
    })
  })

  it.each([
    [429, '7', 7000],
    [503, new Date(Math.floor(noon / 1000) * 1000 + 60_000).toUTCString(), 59_013],
    [500, 'soon', null],
    [500, undefined, null],
  ])('%d with Retry-After %j asks for %j ms', async (status, header, expected) => {
    const headers = header === undefined ? {} : { 'Retry-After': header }
    expect((await attempt({ status, headers })).retryAfterMs).toBe(expected)
  })

  it.each([301, 302, 303, 307, 308])(
    '%d is not followed, and the error says to which host it pointed',
    async (status) => {
      const before = sink.received.length
      const headers = { Location: `${sink.url}/elsewhere` }
      const result = await attempt({ status, headers })
      expect(result).toMatchObject({ verdict: 'retry', statusCode: status, endpointGone: false })
      expect(result.error).toContain('redirects are not followed')
      // Where it is on that host may be a secret, and the error is logged.
      expect(result.error).toContain(`pointed to ${sink.url};`)
      expect(result.error).not.toContain('elsewhere')
      expect(sink.received.length).toBe(before + 1)
    },
  )

  it('410 is the end of the endpoint', async () => {
    expect(await attempt({ status: 410, headers: { 'Retry-After': '5' } })).toMatchObject({
      verdict: 'dead',
      statusCode: 410,
      endpointGone: true,
      retryAfterMs: null,
      error: expect.stringContaining('410 Gone'),
    })
  })

  it('keeps 64 KiB of text, whatever the bytes are', async () => {
    const long = await attempt({ body: 'é'.repeat(100_000) })
    expect(long).toMatchObject({ verdict: 'succeeded', response: 'é'.repeat(32_768) })
    const odd = await attempt({ body: Buffer.alloc(100_000, 0xff) })
    expect(odd.response).toBe('\uFFFD'.repeat(21_845))
    const split = await attempt({ body: `a${'é'.repeat(100_000)}` })
    expect(split.response).toBe(`a${'é'.repeat(32_767)}`)
  })
})

describe('an attempt that gets no answer', () => {
  const nothing = { statusCode: null, headers: null, response: null, retryAfterMs: null, endpointGone: false }

  it.each(['hang', 'drop'] as const)('is worth another try: %s', async (behaviour) => {
    const result = await attempt(behaviour)
    expect(result).toMatchObject({ ...nothing, verdict: 'retry' })
    expect(result.error).toContain(new URL(sink.url).host)
  })

  it('is worth another try: nobody listens', async () => {
    const gone = await startHttpSink()
    await gone.close()
    expect(await attempt({}, { url: gone.url })).toMatchObject({ ...nothing, verdict: 'retry' })
  })

  it.each([
    ['http://10.0.0.1/', 'retry'],
    ['http://169.254.169.254/latest', 'retry'],
    ['ftp://example.com/', 'dead'],
    ['nonsense', 'dead'],
  ])('refused by the guard, %s is %s', async (url, verdict) => {
    const result = await attempt({}, { url })
    expect(result).toMatchObject({ ...nothing, verdict })
    expect(result.error).not.toBe('')
  })
})
