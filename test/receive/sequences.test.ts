import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { signedWebhook, webhookFixture } from '../helpers/webhooks.js'
import { startReceiver, type TestReceiver } from './start-receiver.js'

let receiver: TestReceiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.stop())

async function send(facts: Record<string, unknown>): Promise<[number, unknown]> {
  const { status, answer } = await receiver.post(signedWebhook(facts))
  return [status, answer]
}

const kinds = () =>
  receiver.temp.query<{ kind: string }>('SELECT kind FROM events ORDER BY id').map(({ kind }) => kind)
const accepted = (event: number) => [202, { status: 'accepted', event }]
const duplicate = (event: number) => [200, { status: 'duplicate', event }]

describe('arrivals about one release', () => {
  it('become pushed, yanked, restored, and duplicates name the event they repeat', async () => {
    expect(await send({})).toEqual(accepted(1))
    expect(await send({})).toEqual(duplicate(1))
    expect(await send({ yanked: true })).toEqual(accepted(2))
    expect(await send({ yanked: true })).toEqual(duplicate(2))
    expect(await send({ yanked: false })).toEqual(accepted(3))
    expect(await send({ yanked: false })).toEqual(duplicate(3))
    expect(await send({ yanked: true })).toEqual(accepted(4))
    expect(kinds()).toEqual(['pushed', 'yanked', 'restored', 'yanked'])
  })

  it('begin with a yank when the push was missed', async () => {
    expect(await send({ yanked: true })).toEqual(accepted(1))
    expect(await send({})).toEqual(accepted(2))
    expect(kinds()).toEqual(['yanked', 'restored'])
  })

  it('are duplicates whatever else the body says', async () => {
    expect(await send({})).toEqual(accepted(1))
    expect(await send({ info: 'other', sha: null, downloads: 5, extra: 1 })).toEqual(duplicate(1))
    expect(JSON.parse(receiver.temp.ledger.releases.payload(1)?.toString() ?? '')).toMatchObject({
      info: 'Demonstration gem for tests.',
    })
  })

  it('are duplicates when a platform is named that was meant anyway', async () => {
    expect(await send({ platform: undefined })).toEqual(accepted(1))
    expect(await send({ platform: 'ruby' })).toEqual(duplicate(1))
    expect(await send({ platform: null, yanked: null })).toEqual(duplicate(1))
    expect(await send({ platform: '', yanked: undefined })).toEqual(duplicate(1))
  })

  it('survive a restart', async () => {
    await send({})
    receiver.temp.reopen()
    const known = receiver.temp.ledger.arrivals.record([
      {
        gemName: 'gemherald-demo',
        number: '1.4.2',
        platform: 'ruby',
        yanked: false,
        payload: Buffer.from('{}'),
        receivedAt: 1,
        createdAt: 1,
        source: 'webhook',
        toCheck: false,
      },
    ])
    expect(known).toEqual([{ status: 'duplicate', eventId: 1 }])
  })

  it('ten at once: one event, nine duplicates of it', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => send({})))
    expect(answers.filter(([status]) => status === 202)).toEqual([accepted(1)])
    expect(answers.filter(([status]) => status === 200)).toEqual(Array(9).fill(duplicate(1)))
    expect(kinds()).toEqual(['pushed'])
  })
})

describe('arrivals about several releases', () => {
  it('keep platforms, versions and gems apart', async () => {
    const facts = [
      { name: 'nokogiri', version: '1.18.9' },
      { name: 'nokogiri', version: '1.18.9', platform: 'java' },
      { name: 'nokogiri', version: '1.18.9', platform: 'x86_64-linux-gnu' },
      { name: 'nokogiri', version: '1.18.10' },
      { name: 'Nokogiri', version: '1.18.9' },
      { name: 'nokogiri', version: '1.18.9.0' },
    ]
    for (const [index, one] of facts.entries()) expect(await send(one)).toEqual(accepted(index + 1))
    expect(await send({ ...facts[1], yanked: true })).toEqual(accepted(7))
    expect(await send({ ...facts[0] })).toEqual(duplicate(1))
    expect(await send({ ...facts[2] })).toEqual(duplicate(3))
    expect(await send({ ...facts[1], yanked: true })).toEqual(duplicate(7))
  })

  it('share few commits when they come at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => send({ version: `1.${index}` })),
    )
    expect(answers.map(([status]) => status)).toEqual(Array(50).fill(202))
    expect(receiver.commits.reduce((sum, count) => sum + count)).toBe(50)
    expect(receiver.commits.length).toBeLessThan(50)
  })
})

it('takes a push and its yank as RubyGems.org sends them', async () => {
  for (const [title, status] of [
    ['push-demo', 202],
    ['push-demo', 200],
    ['yank-demo', 202],
    ['yank-demo', 200],
    ['push-demo', 202],
  ] as const) {
    const { body, authorization } = webhookFixture(title)
    const headers = { 'Content-Type': 'application/json', Authorization: authorization.legacy }
    expect(await receiver.post({ headers, body })).toMatchObject({ status })
  }
  expect(kinds()).toEqual(['pushed', 'yanked', 'restored'])
})
