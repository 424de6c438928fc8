import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Job } from '../../src/delivery.js'
import type { Channel } from '../../src/endpoint.js'
import { testTime } from '../helpers/temp-ledger.js'
import { createScene, type Scene } from './hand-out-scene.js'

let scene: Scene
beforeEach(() => {
  scene = createScene()
})
afterEach(() => scene.remove())

const countByUrl = (jobs: Job[]) => {
  const counts: Record<string, number> = {}
  for (const { url } of jobs) counts[url] = (counts[url] ?? 0) + 1
  return Object.values(counts)
}

describe('a round', () => {
  it('with nothing due carries nothing', async () => {
    expect(await scene.handOut()).toEqual({ open: true, more: false, resumeAt: undefined })
    expect(scene.transport.carried).toEqual([])
  })

  it('leases what it carries, and carries it once', async () => {
    scene.owe({ events: 2 })
    expect(await scene.round()).toMatchObject([
      { deliveryId: 1, attempt: 1, channel: 'webhook', url: 'http://127.0.0.1:9/webhook/1' },
      { deliveryId: 2, attempt: 1 },
    ])
    expect(scene.temp.ledger.deliveries.leased()).toHaveLength(2)
    expect(scene.temp.ledger.deliveries.nextMoment()).toBe(testTime + 60_000)
    expect(await scene.round()).toEqual([])
  })

  it('says that there may be more, until there is not', async () => {
    scene.owe({ events: 5 })
    expect(await scene.handOut()).toMatchObject({ open: true, more: true })
    expect(await scene.handOut()).toMatchObject({ open: true, more: false })
  })

  it.each<[Channel, number]>([
    ['webhook', 4],
    ['slack', 1],
    ['email', 2],
  ])('gives one address on %s %i at a time', async (channel, cap) => {
    scene.owe({ channel, events: 9 })
    const first = await scene.round()
    expect(first).toHaveLength(cap)
    expect(await scene.round()).toEqual([])
    scene.finish(first)
    scene.time += 1000
    expect(await scene.round()).toHaveLength(cap)
  })

  it('gives Slack one a second, and says when to go on', async () => {
    scene.owe({ channel: 'slack', events: 3 })
    scene.finish(await scene.round())
    scene.time += 999
    expect(await scene.handOut()).toEqual({ open: true, more: false, resumeAt: testTime + 1000 })
    scene.time += 1
    expect(await scene.round()).toHaveLength(1)
  })

  it('leaves an address alone that asked for it, and serves the others', async () => {
    scene.owe({ endpoints: 2, events: 3 })
    const [first] = await scene.round()
    scene.finish([first as Job], { verdict: 'retry', statusCode: 429, retryAfterMs: 120_000 })
    scene.owe({ endpoints: 2, events: 3 })
    const after = await scene.round()
    expect(after.map(({ url }) => url)).toEqual(['http://127.0.0.1:9/webhook/2'])
    scene.time += 120_000
    expect((await scene.handOut()).more).toBe(true)
  })

  it('lets one address that never answers hold nobody else up', async () => {
    scene.owe({ endpoints: 3, events: 20 })
    const stuck = (await scene.round()).filter(({ url }) => url.endsWith('/1'))
    expect(stuck).toHaveLength(4)
    for (let turn = 0; turn < 10; turn += 1) {
      const out = scene.temp.ledger.deliveries.leased().map(({ deliveryId }) => deliveryId)
      scene.finish(
        scene.transport.carried.filter(
          ({ deliveryId, url }) => out.includes(deliveryId) && !url.endsWith('/1'),
        ),
      )
      await scene.round()
    }
    const left = scene.temp.query<{ url: string }>(
      `SELECT DISTINCT url FROM deliveries JOIN endpoints ON endpoints.id = endpoint_id WHERE state = 'pending'`,
    )
    expect(left).toEqual([{ url: 'http://127.0.0.1:9/webhook/1' }])
  })

  it('fills the room that a channel has, and lets addresses take turns', async () => {
    scene.transport.capacity = { webhook: 6, slack: 0, email: 0, inbox: 0 }
    scene.owe({ endpoints: 5, events: 8 })
    scene.owe({ channel: 'slack', events: 1 })
    const served = new Set<string>()
    for (let turn = 0; turn < 5; turn += 1) {
      const jobs = await scene.round()
      expect(jobs).toHaveLength(6)
      for (const { url } of jobs) served.add(url)
      expect(Math.max(...countByUrl(jobs))).toBeLessThanOrEqual(4)
      scene.finish(jobs)
    }
    expect(served.size).toBe(5)
    expect(scene.transport.carried.every(({ channel }) => channel === 'webhook')).toBe(true)
  })

  it('counts what is out against the room', async () => {
    scene.transport.capacity = { webhook: 6, slack: 100, email: 100, inbox: 100 }
    scene.owe({ endpoints: 5, events: 3 })
    const first = await scene.round()
    expect(await scene.round()).toEqual([])
    scene.finish(first.slice(0, 2))
    expect(await scene.round()).toHaveLength(2)
  })

  it('does not let a full channel hold the others up', async () => {
    scene.transport.capacity = { webhook: 1, slack: 100, email: 100, inbox: 100 }
    scene.owe({ endpoints: 3, events: 2 })
    await scene.round()
    scene.owe({ channel: 'email' })
    expect((await scene.round()).map(({ channel }) => channel)).toEqual(['email'])
  })

  it('carries a delivery again when its wait is over, as its next attempt', async () => {
    scene.owe({})
    scene.finish(await scene.round(), { verdict: 'retry', statusCode: 500 })
    scene.time += 4999
    expect(await scene.round()).toEqual([])
    scene.time += 1
    expect(await scene.round()).toMatchObject([{ deliveryId: 1, attempt: 2 }])
  })

  it('does not carry what was cancelled', async () => {
    scene.owe({ events: 2 })
    const url = 'http://127.0.0.1:9/webhook/1'
    scene.temp.ledger.hooks.remove({ accountId: scene.temp.account(), gemName: '*', url }, scene.time)
    expect(await scene.round()).toEqual([])
  })
})
