import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Job } from '../../src/delivery.js'
import { createJobMaker } from '../../src/dispatch/jobs.js'
import type { Lease } from '../../src/ledger/deliveries.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import { webhookFixtures } from '../helpers/webhooks.js'

let temp: TempLedger
let makeJob: (lease: Lease) => Job
let read: number[]
beforeEach(() => {
  temp = openTempLedger()
  read = []
  const { deliveries, installation } = temp.ledger
  makeJob = createJobMaker({
    ledger: {
      installation,
      deliveries: {
        ...deliveries,
        eventFacts(eventId) {
          read.push(eventId)
          return deliveries.eventFacts(eventId)
        },
      },
    },
    signingKey: (accountId) => `key of ${accountId}`,
    unsubscribeUrl: (endpointId) => `http://127.0.0.1:9/unsubscribe/${endpointId}`,
    gemPage: (gemName) => `http://127.0.0.1:9/gems/${gemName}`,
    allow: ['127.0.0.0/8'],
  })
})
afterEach(() => temp.remove())

describe('a job', () => {
  it('carries all that its attempt needs', () => {
    const endpointId = temp.hook({ url: 'http://127.0.0.1:9/a', account: 'other' })
    temp.arrive({ version: '1.0' })
    temp.arrive({ version: '1.1' }, testTime + 5)
    temp.fanOut()
    const [, lease] = temp.due() as [Lease, Lease]
    expect(makeJob({ ...lease, attempt: 3 })).toEqual({
      deliveryId: 2,
      attempt: 3,
      channel: 'webhook',
      url: 'http://127.0.0.1:9/a',
      accountId: temp.account('other'),
      apiKey: `key of ${temp.account('other')}`,
      allow: ['127.0.0.0/8'],
      unsubscribeUrl: null,
      message: {
        id: `msg_${temp.ledger.installation}_2`,
        kind: 'pushed',
        gemName: 'gemherald-demo',
        number: '1.1',
        body: expect.stringMatching(/^\{"name":"gemherald-demo",.*"version":"1.1"/),
        gemPage: 'http://127.0.0.1:9/gems/gemherald-demo',
        previous: '1.0',
        origin: 'event',
        occurredAt: testTime + 5,
        via: temp.ledger.installation,
      },
    })
    expect(endpointId).toBe(lease.endpointId)
  })

  it('tells recipients of emails, and only them, where to unsubscribe', () => {
    const endpoint = temp.hook({ channel: 'email' })
    temp.hook({ channel: 'slack' })
    temp.arrive()
    temp.fanOut()
    const urls = temp.due().map((lease) => [lease.channel, makeJob(lease).unsubscribeUrl])
    expect(urls).toEqual([
      ['slack', null],
      ['email', `http://127.0.0.1:9/unsubscribe/${endpoint}`],
    ])
  })

  it('has the same message at every attempt, also after a restart', () => {
    temp.hook()
    temp.arrive()
    temp.fanOut()
    const [lease] = temp.due() as [Lease]
    const { message } = makeJob(lease)
    temp.arrive({ version: '1.4.1' })
    temp.arrive({ yanked: true })
    temp.fanOut()
    temp.reopen()
    const after = createJobMaker({
      ledger: temp.ledger,
      signingKey: () => '',
      unsubscribeUrl: () => '',
      gemPage: (gemName) => `http://127.0.0.1:9/gems/${gemName}`,
      allow: [],
    })
    expect(after({ ...lease, attempt: 2 }).message).toEqual(message)
  })

  it.each(webhookFixtures.map((fixture) => [fixture.title, fixture] as const))(
    'has the bytes that RubyGems.org sent: %s',
    (_title, { body, name, version, platform, yanked }) => {
      temp.hook()
      const arrival = {
        gemName: name,
        number: version,
        platform,
        yanked,
        payload: body,
        receivedAt: testTime,
        createdAt: testTime,
        source: 'webhook' as const,
        toCheck: false,
      }
      temp.ledger.arrivals.record([arrival])
      temp.fanOut()
      const [lease] = temp.due() as [Lease]
      expect(makeJob(lease).message.body).toBe(body.toString('utf8'))
    },
  )

  it('has a message id of its own for each delivery', () => {
    for (const number of [1, 2, 3]) temp.hook({ url: `http://127.0.0.1:9/${number}` })
    temp.arrive({ version: '1' })
    temp.arrive({ version: '2' })
    temp.fanOut()
    expect(new Set(temp.due().map((lease) => makeJob(lease).message.id)).size).toBe(6)
  })
})

describe('making jobs', () => {
  it('reads an event once for many endpoints', () => {
    for (let number = 0; number < 20; number += 1) temp.hook({ url: `http://127.0.0.1:9/${number}` })
    temp.arrive()
    temp.fanOut()
    const bodies = temp.due().map((lease) => makeJob(lease).message.body)
    expect(new Set(bodies).size).toBe(1)
    expect(read).toEqual([1])
  })

  it('never mixes events up, however many there are', () => {
    temp.hook()
    temp.ledger.together(() => {
      for (let version = 0; version < 150; version += 1) temp.arrive({ version: `1.${version}` })
    })
    temp.fanOut()
    const leases = temp.due()
    for (const lease of [...leases, ...leases.toReversed()]) {
      const { version } = JSON.parse(makeJob(lease).message.body)
      expect(version).toBe(`1.${lease.eventId - 1}`)
    }
  })

  it('fails loudly when the ledger lacks something', () => {
    const lease: Lease = { deliveryId: 1, eventId: 9, endpointId: 9, channel: 'webhook', attempt: 1 }
    expect(() => makeJob(lease)).toThrow(/endpoint that the ledger lacks/)
    expect(() => makeJob({ ...lease, endpointId: temp.hook() })).toThrow(/event 9, which the ledger lacks/)
  })
})
