import Sqlite from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { retrySchedule } from '../../src/retry.js'
import { apiKey, startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { type SlackSink, startSlackSink } from '../helpers/slack-sink.js'
import { until } from '../helpers/wait.js'
import { onBothTransports } from './transports.js'

const hour = 3_600_000

onBothTransports('a delivery', (environment) => {
  let sink: HttpSink
  let slack: SlackSink
  let gemherald: TestGemherald
  let time = Date.UTC(2026, 10, 20)

  beforeAll(async () => {
    ;[sink, slack] = await Promise.all([startHttpSink(), startSlackSink()])
  })
  afterAll(() => Promise.all([sink.close(), slack.close()]))
  afterEach(async () => {
    await gemherald.remove()
    sink.received.length = 0
    sink.answer({})
  })
  const start = async () => {
    gemherald = await startGemherald({ env: await environment(), now: () => time })
  }
  const advance = (ms: number) => {
    time += ms
    gemherald.wake()
  }
  const pending = async () => (await gemherald.readiness()).body.pendingDeliveries
  const listing = async () => {
    const answer = await fetch(`${gemherald.url}/api/v1/web_hooks.json`, {
      headers: { authorization: apiKey },
    })
    return answer.json()
  }

  it('is tried eight times over a day, then given up and counted', async () => {
    await start()
    sink.answer({ status: 503 })
    await gemherald.addHook('rails', `${sink.url}/down`)
    await gemherald.pushRelease('rails', '1.0.0')
    await sink.waitFor(1)
    for (const [index, wait] of retrySchedule.entries()) {
      await settled()
      advance(wait * 0.79)
      await settled()
      expect(sink.received).toHaveLength(index + 1)
      advance(wait * 0.42)
      await sink.waitFor(index + 2)
    }
    await until('it is given up', async () => (await pending()) === 0)
    advance(100 * hour)
    await settled()
    expect(sink.received).toHaveLength(8)
    expect(new Set(sink.received.map((request) => request.headers['webhook-id'])).size).toBe(1)
    expect(await listing()).toEqual({ rails: [{ failure_count: 1, url: `${sink.url}/down` }] })
  })

  it('waits as long as Retry-After says', async () => {
    await start()
    sink.answer({ status: 503, headers: { 'retry-after': '1800' } })
    await gemherald.addHook('rails', `${sink.url}/busy`)
    await gemherald.pushRelease('rails', '1.0.0')
    await sink.waitFor(1)
    await settled()
    advance(1_799_000)
    await settled()
    expect(sink.received).toHaveLength(1)
    sink.answer({})
    advance(2_000)
    await sink.waitFor(2)
    await until('it has arrived', async () => (await pending()) === 0)
  })

  it('ends at once, and disables the endpoint, when the address is gone', async () => {
    await start()
    sink.answer('/gone', { status: 410 })
    await gemherald.addHook('*', `${sink.url}/gone`)
    await gemherald.addHook('*', `${sink.url}/there`)
    await gemherald.pushRelease('rails', '1.0.0')
    await sink.waitFor(2)
    await until('both are final', async () => (await pending()) === 0)
    await gemherald.pushRelease('rails', '1.0.1')
    await sink.waitFor(3)
    await until('all are final', async () => (await pending()) === 0)
    expect(sink.received.map((request) => request.path).sort()).toEqual(['/gone', '/there', '/there'])
    expect(await listing()).toEqual({
      'all gems': [
        { failure_count: 1, url: `${sink.url}/gone` },
        { failure_count: 0, url: `${sink.url}/there` },
      ],
    })
  })

  it('is cancelled when its hook is removed', async () => {
    await start()
    sink.answer({ status: 500 })
    await gemherald.addHook('rails', `${sink.url}/removed`)
    await gemherald.pushRelease('rails', '1.0.0')
    await sink.waitFor(1)
    await settled()
    await gemherald.removeHook('rails', `${sink.url}/removed`)
    expect(await pending()).toBe(0)
    advance(100 * hour)
    await settled()
    expect(sink.received).toHaveLength(1)
  })

  it('does not wait for an endpoint that hangs', async () => {
    await start()
    let letGo: (answer: 'drop') => void = () => undefined
    const hanging = new Promise<'drop'>((resolve) => {
      letGo = resolve
    })
    sink.answer('/hangs', () => hanging)
    await gemherald.addHook('*', `${sink.url}/hangs`)
    await gemherald.addHook('*', `${sink.url}/quick`)
    for (let patch = 0; patch < 20; patch += 1) await gemherald.pushRelease('rails', `1.0.${patch}`)
    const quick = () => sink.received.filter((request) => request.path === '/quick')
    await until('all of the quick ones are there', () => quick().length === 20)
    // No more than four attempts are ever under way at one endpoint.
    expect(sink.received.length - quick().length).toBe(4)
    letGo('drop')
  })

  it('goes to Slack one at a time, a second apart', async () => {
    await start()
    const before = slack.posts.length
    await gemherald.addHook('*', slack.url, { channel: 'slack' })
    for (let patch = 0; patch < 3; patch += 1) await gemherald.pushRelease('rails', `1.0.${patch}`)
    for (let posts = 1; posts <= 3; posts += 1) {
      await slack.waitFor(before + posts)
      await until('its outcome is recorded', async () => (await pending()) === 3 - posts)
      gemherald.wake()
      // An HTTP round trip gives the dispatcher more turns than it needs to hand out the next one, were it allowed to.
      await gemherald.readiness()
      expect(slack.posts).toHaveLength(before + posts)
      advance(1_000)
    }
  })

  it('outlives a restart while it waits for its next attempt', async () => {
    await start()
    sink.answer({ status: 500 })
    await gemherald.addHook('rails', `${sink.url}/later`)
    await gemherald.pushRelease('rails', '1.0.0')
    await sink.waitFor(1)
    await settled()
    sink.answer({})
    gemherald = await gemherald.restart()
    await settled()
    expect(sink.received).toHaveLength(1)
    advance(10_000)
    await sink.waitFor(2)
    await until('it has arrived', async () => (await pending()) === 0)
    expect(sink.received[1]?.headers['webhook-id']).toBe(sink.received[0]?.headers['webhook-id'])
  })

  /** Everything that may go out at this moment has gone, and its outcome is in the ledger. */
  const settled = () =>
    until('nothing is under way or due', () => {
      const ledger = new Sqlite(`${gemherald.dataDir}/ledger.db`, { readonly: true })
      const busy = ledger
        .prepare(
          "SELECT count(*) FROM deliveries WHERE stage IN ('due', 'leased') OR (stage = 'waiting' AND due_at <= ?)",
        )
        .pluck()
        .get(time)
      ledger.close()
      return busy === 0
    })
})
