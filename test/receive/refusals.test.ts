import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { authorizationFor, secrets, signedWebhook, webhookFixture } from '../helpers/webhooks.js'
import { startReceiver, type TestReceiver } from './start-receiver.js'

let receiver: TestReceiver
beforeAll(async () => {
  receiver = await startReceiver({ configured: [secrets.legacy, secrets.modern] })
})
beforeEach(() => {
  receiver.logs.length = 0
})
afterAll(() => receiver.stop())

const { Authorization: right } = signedWebhook().headers

describe('a webhook that proves nothing', () => {
  const wrong = authorizationFor('gemherald-demo', '1.4.2', 'another secret')
  const { emptySecret } = webhookFixture('push-demo').authorization
  const refused: [string, header: string | undefined, error: RegExp, advice: RegExp][] = [
    ['missing', undefined, /header is missing/, /proxy.* drops it/],
    ['length', right.slice(1), /another length/, /proxy.* cuts it/],
    ['not_hex', `Bearer ${right}`, /something else/, /proxy.* rewrites it/],
    [
      'wrong',
      wrong,
      /does not match .* with any configured secret/,
      /RUBYGEMS_API_KEYS.*SHA-256 of its first key/,
    ],
    ['empty_secret', emptySecret, /empty secret/, /no usable key.*RUBYGEMS_API_KEYS/],
  ]

  it.each(refused)('is refused with 401: %s', async (refusal, header, error, advice) => {
    const { body } = signedWebhook()
    const headers = { 'Content-Type': 'application/json', ...(header && { Authorization: header }) }
    const { status, answer } = await receiver.post({ headers, body })
    expect(status).toBe(401)
    expect(answer).toEqual({ error: expect.stringMatching(error) })
    expect(receiver.countEvents()).toBe(0)
    expect(receiver.logs).toMatchObject([
      { level: 40, refusal, remoteAddress: '127.0.0.1', msg: expect.stringMatching(advice) },
    ])
    const logged = JSON.stringify(receiver.logs)
    for (const secret of [...Object.values(secrets), header ?? '-'.repeat(64)])
      expect(logged).not.toContain(secret)
  })

  it('is told apart in the answer', () => {
    expect(new Set(refused.map(([, , error]) => error.source)).size).toBe(refused.length)
  })

  it('names gem and version in the log where they are known', async () => {
    await receiver.post(signedWebhook({}, 'another secret'))
    expect(receiver.logs).toMatchObject([{ gem: 'gemherald-demo', version: '1.4.2' }])
  })

  it.each([[[]], [['', ' ']]])('is refused when no secret is configured: %j', async (configured) => {
    const without = await startReceiver({ configured })
    for (const secret of ['', secrets.legacy]) {
      const { status, answer } = await without.post(signedWebhook({}, secret))
      expect(status).toBe(401)
      expect(answer).toEqual({ error: 'No secret is configured here, so no webhook can be verified.' })
    }
    expect(without.logs[0]?.msg).toMatch(/set RUBYGEMS_API_KEYS/)
    expect(without.countEvents()).toBe(0)
    await without.stop()
  })

  it('is refused before its body is looked at', async () => {
    for (const headers of [
      { Authorization: 'x', 'Content-Type': 'text/plain' },
      { 'Content-Encoding': 'gzip' },
    ])
      expect(
        (await receiver.post({ headers: headers as Record<string, string>, body: Buffer.from('junk') }))
          .status,
      ).toBe(401)
  })

  it('is refused with a digest of another version, gem or platform-with-version', async () => {
    const { body } = signedWebhook({ name: 'nokogiri', version: '1.18.9', platform: 'java' })
    for (const [name, version] of [
      ['nokogiri', '1.18.8'],
      ['rails', '1.18.9'],
      ['nokogiri', '1.18.9-java'],
    ] as const) {
      const Authorization = authorizationFor(name, version, secrets.legacy)
      expect(
        (await receiver.post({ headers: { 'Content-Type': 'application/json', Authorization }, body }))
          .status,
      ).toBe(401)
    }
    expect(receiver.countEvents()).toBe(0)
  })
})
