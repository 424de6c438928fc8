import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'
import { payloadOf, secrets, signedWebhook, webhookFixtures } from '../helpers/webhooks.js'
import { type ReceiverOptions, startReceiver, type TestReceiver } from './start-receiver.js'

let receiver: TestReceiver
afterEach(() => receiver.stop())

async function start(options?: ReceiverOptions): Promise<void> {
  receiver = await startReceiver(options)
}

const { Authorization: right } = signedWebhook().headers

describe('an accepted webhook', () => {
  it.each(webhookFixtures.map((fixture) => [fixture.title, fixture] as const))(
    'is stored exactly as it came: %s',
    async (_title, { body, authorization, name, version, platform, yanked }) => {
      await start({ configured: [secrets.modern] })
      const headers = { 'Content-Type': 'application/json', Authorization: authorization.firstKeyHash }
      const { status, answer } = await receiver.post({ headers, body })
      expect(status).toBe(202)
      expect(answer).toEqual({ status: 'accepted', event: 1 })
      const [event] = receiver.temp.query<{ payload: Buffer }>('SELECT * FROM events')
      expect(event?.payload.equals(body)).toBe(true)
      expect(event).toMatchObject({
        gem_name: name,
        number: version,
        platform,
        kind: yanked ? 'yanked' : 'pushed',
      })
    },
  )

  it('is stored exactly as it came, odd bytes and all', async () => {
    await start()
    const webhook = signedWebhook()
    const body = Buffer.concat([
      Buffer.from('\uFEFF \r\n'),
      payloadOf({ info: '\u0000é😀\u2028', extra: 1e21 }),
      Buffer.from('\n\n'),
    ])
    expect((await receiver.post({ ...webhook, body })).status).toBe(202)
    expect(receiver.temp.ledger.releases.payload(1)?.equals(body)).toBe(true)
  })

  it('is answered in JSON that nobody caches, and nothing is logged but at debug', async () => {
    await start()
    const { headers } = await receiver.post(signedWebhook())
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-powered-by')).toBeNull()
    expect(receiver.logs).toEqual([])
  })

  it.each([
    ['upper case digits', { Authorization: right.toUpperCase() }],
    ['a charset', { 'Content-Type': 'application/json; charset=utf-8' }],
    ['a quoted charset, upper case', { 'Content-Type': 'Application/JSON;Charset="UTF-8"' }],
    ['identity encoding', { 'Content-Encoding': 'identity' }],
    ['an Accept that asks for something else', { Accept: 'text/html' }],
  ])('may come with %s', async (_title, headers) => {
    await start()
    const webhook = signedWebhook()
    expect((await receiver.post({ ...webhook, headers: { ...webhook.headers, ...headers } })).status).toBe(
      202,
    )
  })

  it('may be proven by any configured secret', async () => {
    await start({ configured: [secrets.legacy, secrets.modern] })
    expect((await receiver.post(signedWebhook({ version: '1.0' }, secrets.legacy))).status).toBe(202)
    expect((await receiver.post(signedWebhook({ version: '2.0' }, secrets.modernSha256))).status).toBe(202)
    expect((await receiver.post(signedWebhook({ version: '3.0' }, 'another'))).status).toBe(401)
  })
})

describe('the receiver token', () => {
  const token = 'a-Long~Random_Token.1'

  it.each([
    [`/webhooks/rubygems/${token}`, 202],
    [`/webhooks/rubygems/${token.replace('~', '%7E')}`, 202],
    ['/webhooks/rubygems', 401],
    ['/webhooks/rubygems/', 401],
    ['/webhooks/rubygems/wrong', 401],
    [`/webhooks/rubygems/${token}x`, 401],
    [`/webhooks/rubygems/${token.slice(1)}`, 401],
    [`/webhooks/rubygems/${token.toLowerCase()}`, 401],
    [`/webhooks/rubygems?token=${token}`, 401],
    [`/webhooks/rubygems/${token}/more`, 404],
    ['/webhooks/rubygems/%ff', 400],
  ])('is set, and %s gets %i', async (path, status) => {
    await start({ token })
    expect((await receiver.post(signedWebhook(), path)).status).toBe(status)
    expect(receiver.countEvents()).toBe(status === 202 ? 1 : 0)
    expect(JSON.stringify(receiver.logs)).not.toContain(token)
  })

  it('is missing, and the log says what to check', async () => {
    await start({ token })
    const { answer } = await receiver.post(signedWebhook())
    expect(answer).toEqual({ error: 'The path does not end in the receiver token.' })
    expect(receiver.logs).toMatchObject([
      { refusal: 'token', msg: expect.stringContaining('GEMHERALD_RECEIVER_TOKEN') },
    ])
  })

  it('alone proves nothing', async () => {
    await start({ token })
    expect((await receiver.post(signedWebhook({}, 'another'), `/webhooks/rubygems/${token}`)).status).toBe(
      401,
    )
  })

  it.each(['/webhooks/rubygems', '/webhooks/rubygems/', '/webhooks/rubygems/anything'])(
    'is not set, and %s works',
    async (path) => {
      await start()
      expect((await receiver.post(signedWebhook(), path)).status).toBe(202)
    },
  )
})

describe('when the ledger cannot be written', () => {
  it('nothing is accepted: 503, Retry-After, and the log says why', async () => {
    await start({ record: writeToReadOnlyDatabase })
    const { status, headers, answer } = await receiver.post(signedWebhook())
    expect(status).toBe(503)
    expect(headers.get('retry-after')).toMatch(/^[1-9][0-9]*$/)
    expect(answer).toEqual({ error: 'The event could not be stored. Send it again.' })
    expect(receiver.logs).toMatchObject([
      { level: 50, gem: 'gemherald-demo', version: '1.4.2', msg: expect.stringContaining('disk space') },
    ])
    expect(JSON.stringify(receiver.logs)).not.toContain(secrets.legacy)
  })

  it('all of a commit that fails get 503, and all get 202 once it works again', async () => {
    let broken = true
    const record: ReceiverOptions['record'] = (arrivals) =>
      broken ? writeToReadOnlyDatabase() : receiver.temp.ledger.arrivals.record(arrivals)
    await start({ record })
    const webhooks = Array.from({ length: 20 }, (_, index) => signedWebhook({ version: `1.${index}` }))
    const failed = await Promise.all(webhooks.map((webhook) => receiver.post(webhook)))
    expect(failed.map(({ status }) => status)).toEqual(Array(20).fill(503))
    expect(receiver.countEvents()).toBe(0)
    broken = false
    const kept = await Promise.all(webhooks.map((webhook) => receiver.post(webhook)))
    expect(kept.map(({ status }) => status)).toEqual(Array(20).fill(202))
    expect(receiver.countEvents()).toBe(20)
  })

  it('a bug is a 500 that gives nothing away', async () => {
    await start({
      record: () => {
        throw new Error('secret detail')
      },
    })
    const { status, answer } = await receiver.post(signedWebhook())
    expect(status).toBe(500)
    expect(answer).toEqual({ error: 'gemherald failed. The log says why.' })
    expect(receiver.logs).toMatchObject([{ level: 50, err: { message: 'secret detail' } }])
  })
})

describe('when there is no room for one more claim about a number', () => {
  it('it is not accepted: 429, and when to come again', async () => {
    await start({ record: (arrivals) => arrivals.map(() => ({ status: 'crowded' })) })
    const { status, headers, answer } = await receiver.post(signedWebhook())
    expect(status).toBe(429)
    expect(headers.get('retry-after')).toMatch(/^[1-9][0-9]*$/)
    expect(answer).toEqual({ error: expect.stringMatching(/not kept.*again/) })
  })
})

/** Fails as a ledger on a read-only file system does. */
function writeToReadOnlyDatabase(): never {
  const folder = mkdtempSync(join(tmpdir(), 'gemherald-read-only-'))
  try {
    new Sqlite(join(folder, 'ledger.db')).exec('CREATE TABLE events (id)').close()
    const database = new Sqlite(join(folder, 'ledger.db'), { readonly: true })
    try {
      database.exec('INSERT INTO events VALUES (1)')
    } finally {
      database.close()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  throw new Error('A read-only database was written.')
}
