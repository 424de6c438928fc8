import { afterEach, describe, expect, it } from 'vitest'
import { createCalibration } from '../../src/receive/calibration.js'
import { createSigner } from '../../src/secret.js'
import { testTime } from '../helpers/temp-ledger.js'
import { payloadOf, secrets, signedWebhook } from '../helpers/webhooks.js'
import { type ReceiverOptions, startReceiver, type TestReceiver } from './start-receiver.js'

const minute = 60_000
const signer = createSigner('secret of the installation', 'calibration')

describe('a ticket', () => {
  it('is good for five minutes', () => {
    let time = testTime
    const { ticket, check } = createCalibration(signer, () => time)
    const made = ticket()
    expect(made).toMatch(/^[A-Za-z0-9._-]{1,80}$/)
    expect(check(made)).toBe(true)
    time += 5 * minute - 1
    expect(check(made)).toBe(true)
    time += 1
    expect(check(made)).toBe(false)
  })

  it('is good in every process of the installation', () => {
    const now = () => testTime
    expect(createCalibration(signer, now).check(createCalibration(signer, now).ticket())).toBe(true)
  })

  const calibration = createCalibration(signer, () => testTime)
  const made = calibration.ticket()
  it.each([
    ['nothing', ''],
    ['no mark', `${testTime + minute}`],
    ['an empty mark', `${testTime + minute}.`],
    ['a later time', `9${made}`],
    ['a mark cut short', made.slice(0, -1)],
    ['a mark that goes on', `${made}x`],
    ['twice the same', `${made},${made}`],
    ['the mark of a text that is no time', signer.sign('soon')],
    ['a mark made with another secret', createSigner('another secret', 'calibration').sign(`${9e15}`)],
    [
      'a mark made for another purpose',
      createSigner('secret of the installation', 'unsubscribe').sign(`${9e15}`),
    ],
    ['a lone surrogate', '\ud800'],
  ])('is not good: %s', (_title, ticket) => {
    expect(calibration.check(ticket)).toBe(false)
  })
})

describe('a webhook with a ticket', () => {
  let receiver: TestReceiver
  let time: number
  const start = async (options: ReceiverOptions = {}) => {
    time = testTime
    receiver = await startReceiver({ now: () => time, ...options })
  }
  afterEach(() => receiver.stop())
  const post = (webhook: Parameters<TestReceiver['post']>[0], ticket = receiver.calibration.ticket()) =>
    receiver.post(webhook, `/webhooks/rubygems?calibrate=${ticket}`)
  const webhook = signedWebhook()
  const { Authorization: right } = webhook.headers
  const json = { 'Content-Type': 'application/json' }

  it.each<[string, header: string | undefined, ReceiverOptions]>([
    ['what the receiver accepts', right, {}],
    ['what no configured secret made', signedWebhook({}, 'another').headers.Authorization, {}],
    ['what an empty secret made', signedWebhook({}, '').headers.Authorization, {}],
    ['what is no digest', 'Bearer "x"', {}],
    ['what a receiver without secrets gets', right, { configured: [] }],
    ['nothing at all', undefined, {}],
  ])('is told what its header was, and nothing is kept: %s', async (_title, header, options) => {
    await start(options)
    const ticket = receiver.calibration.ticket()
    const headers = { ...json, ...(header !== undefined && { Authorization: header }) }
    const { status, headers: answered, answer } = await post({ ...webhook, headers }, ticket)
    expect(status).toBe(200)
    expect(answered.get('content-type')).toBe('application/json; charset=utf-8')
    expect(answered.get('cache-control')).toBe('no-store')
    const authorization = header ?? null
    expect(answer).toEqual({
      status: 'calibration',
      name: 'gemherald-demo',
      version: '1.4.2',
      authorization,
      ticket,
    })
    expect(receiver.countEvents()).toBe(0)
    expect(receiver.commits).toEqual([])
    expect(receiver.logs).toEqual([])
  })

  it('is answered with a header of a sane length', async () => {
    await start()
    const { answer } = await post({ ...webhook, headers: { ...json, Authorization: 'a'.repeat(9_000) } })
    expect(answer.authorization).toHaveLength(512)
  })

  it('is no event afterwards either: the same without a ticket is', async () => {
    await start()
    await post(webhook)
    expect((await receiver.post(webhook)).answer).toEqual({ status: 'accepted', event: 1 })
    expect(receiver.countEvents()).toBe(1)
  })

  it.each([
    ['expired', () => expired()],
    ['forged', () => `${testTime + minute}.${'A'.repeat(43)}`],
    ['empty', () => ''],
    ['doubled', () => `${receiver.calibration.ticket()}&calibrate=${receiver.calibration.ticket()}`],
  ])('is refused when the ticket is not good, although the header is: %s', async (_title, ticket) => {
    await start()
    const { status, answer } = await post(webhook, ticket())
    expect(status).toBe(401)
    expect(answer).toEqual({ error: expect.stringMatching(/calibration ticket/) })
    expect(receiver.countEvents()).toBe(0)
    expect(receiver.logs).toMatchObject([{ level: 40, refusal: 'ticket' }])
    expect(receiver.logs[0]?.msg).toMatch(/GEMHERALD_SECRET/)
  })

  const expired = () => {
    const ticket = receiver.calibration.ticket()
    time += 5 * minute
    return ticket
  }

  it('needs the receiver token too', async () => {
    const token = 'a-Long~Random_Token.1'
    await start({ token })
    const ticket = receiver.calibration.ticket()
    const wrong = await post(webhook, ticket)
    expect([wrong.status, wrong.answer]).toEqual([
      401,
      { error: 'The path does not end in the receiver token.' },
    ])
    const { status } = await receiver.post(webhook, `/webhooks/rubygems/${token}?a=b&calibrate=${ticket}`)
    expect(status).toBe(200)
  })

  it.each([
    [400, json, Buffer.from('{}')],
    [415, { 'Content-Type': 'text/plain' }, payloadOf()],
    [413, json, Buffer.alloc(1024 * 1024 + 1)],
  ])('must be a webhook all the same: %i', async (expected, headers, body) => {
    await start()
    expect((await post({ headers, body })).status).toBe(expected)
  })

  it.each(['calibrate', 'recalibrate=1', 'x=calibrate', 'note=calibrate%3D1', 'token=x'])(
    'is one only by its name: ?%s is an ordinary one',
    async (query) => {
      await start({ configured: [secrets.legacy] })
      expect((await receiver.post(webhook, `/webhooks/rubygems?${query}`)).status).toBe(202)
      expect(receiver.countEvents()).toBe(1)
    },
  )
})
