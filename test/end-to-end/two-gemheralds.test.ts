import { createServer } from 'node:net'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Client, clientOf } from '../helpers/gemherald.js'
import { startHttpSink } from '../helpers/http-sink.js'
import { type GemheraldProcess, runGemherald, runServer, temporaryFolder } from '../helpers/process.js'
import { type RubygemsOrg, startRubygemsOrg } from '../helpers/rubygems-org.js'
import { type SlackSink, startSlackSink } from '../helpers/slack-sink.js'
import { until } from '../helpers/wait.js'
import { secrets } from '../helpers/webhooks.js'
import { onBothTransports } from './transports.js'

/** A gemherald with everything of its own, run as its user would. */
interface House {
  url: string
  /** An API key of its own. */
  key: string
  /** Holds that key. */
  client: Client
  /** Runs a command to its end; what it printed. Rejects unless it exits with 0. */
  command(...args: string[]): Promise<string>
  /** Starts it, with further settings if need be. */
  start(more?: Record<string, string>): Promise<void>
  stop(): Promise<void>
  /** Makes all releases in its ledger so much older, ms. */
  age(ms: number): void
}

let slack: SlackSink
const cleanUps: (() => unknown)[] = []
beforeEach(async () => {
  slack = await startSlackSink()
})
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  await slack.close()
})

/** Set up, but not started: `PUBLIC_URL` and `GEMHERALD_URL` are where it will listen. */
async function house(key: string, env: Record<string, string>): Promise<House> {
  const folder = temporaryFolder()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const settings = {
    DATA_DIR: folder.path,
    PORT: String(port),
    PUBLIC_URL: url,
    GEMHERALD_URL: url,
    LOG_LEVEL: 'warn',
    GEMHERALD_API_KEY: key,
    ...env,
  }
  let server: GemheraldProcess | undefined
  const stop = async () => {
    await server?.end('SIGTERM')
    server = undefined
  }
  cleanUps.push(() => folder.remove(), stop)
  return {
    url,
    key,
    client: clientOf(url, key),
    stop,
    async start(more = {}) {
      server = await runServer({ ...settings, ...more })
    },
    age(ms) {
      const ledger = new Sqlite(join(folder.path, 'ledger.db'))
      ledger
        .prepare('UPDATE releases SET changed_at = changed_at - @ms, created_at = created_at - @ms')
        .run({ ms })
      ledger.close()
    },
    async command(...args) {
      const command = runGemherald(args, settings)
      const code = await command.ended
      if (code !== 0) throw new Error(`gemherald ${args.join(' ')} ended with ${code}: ${command.printed()}`)
      return command.printed()
    },
  }
}

const told = () => slack.posts.map(({ text }) => text)

onBothTransports('a gemherald whose upstream is another one', (environment) => {
  let org: RubygemsOrg
  let first: House
  let second: House

  beforeEach(async () => {
    org = await startRubygemsOrg()
    cleanUps.push(() => org.close())
    const owner = org.addAccount('owner')
    first = await house(keyOfFirst, {
      RUBYGEMS_HOST: org.url,
      RUBYGEMS_API_KEYS: owner.key,
      CONFIRM: 'prefer',
      RECONCILE: 'on',
    })
    second = await house(keyOfSecond, {
      ...(await environment()),
      RUBYGEMS_HOST: first.url,
      // A key of the first opens its API, and proves what it sends.
      RUBYGEMS_API_KEYS: keyOfFirst,
      CONFIRM: 'require',
      RECONCILE: 'on',
    })
    await first.start()
    await first.command('upstream', 'add', '*', `${first.url}/webhooks/rubygems`)
    org.announcing = true
    org.push('rails', '8.0.0')
    org.push('rack', '3.0.0')
    await org.settled()
    await second.start()
  })

  it('registers its receiver there, tells what the first is told, and misses nothing while it is stopped', async () => {
    for (const gem of ['rails', 'rack']) await second.client.addHook(gem, slack.url, { channel: 'slack' })
    expect(await second.command('upstream', 'sync')).toMatch(/^\+ rack$\s+^\+ rails$/m)
    expect(JSON.parse(await second.command('upstream', 'list', '--json'))).toEqual([])
    await second.command('upstream', 'sync', '--apply')
    expect(await second.command('upstream', 'sync', '--apply')).toContain('= 2 unchanged')
    const receiver = `${second.url}/webhooks/rubygems`
    expect(JSON.parse(await second.command('upstream', 'list', '--json'))).toMatchObject([
      { gem: 'rack', url: receiver },
      { gem: 'rails', url: receiver },
    ])

    org.push('rails', '8.1.0')
    await slack.waitFor(1, 20_000)
    expect(told()).toEqual([expect.stringContaining('rails 8.1.0')])

    await second.stop()
    // So that its yank is to be found in the compact index alone, and no longer too young to be believed.
    for (const one of [first, second]) one.age(2 * 24 * 60 * 60_000)
    org.push('rails', '8.1.1')
    org.push('rails', '8.1.1', { platform: 'java' })
    org.yank('rails', '8.1.0')
    org.push('sinatra', '4.0.0')
    await org.settled()
    // The first forgets the second: what comes now, comes by catching up.
    for (const gem of ['rails', 'rack']) await first.client.removeHook(gem, receiver)
    await second.start()
    await slack.waitFor(4, 20_000)
    expect(told().slice(1).sort()).toEqual([
      expect.stringMatching(/rails 8\.1\.0 .*yanked/),
      expect.stringContaining('rails 8.1.1'),
      expect.stringContaining('rails 8.1.1'),
    ])
    expect(JSON.parse(await second.command('status', '--json'))).toMatchObject({
      missed_by_webhooks: 3,
    })
  })
})

describe('two gemheralds that are each other’s upstream', () => {
  it('tell each other what they are told, once', async () => {
    // Neither is an authority over the other, so neither has the other confirm what it is told.
    const [a, b] = [await house(keyOfFirst, each), await house(keyOfSecond, each)]
    const upstream = (of: House, key: string) => ({
      RUBYGEMS_HOST: of.url,
      RUBYGEMS_API_KEY: key,
      RUBYGEMS_API_KEYS: `${key},${secrets.modern}`,
      UPSTREAM_SYNC: 'auto',
    })
    for (const one of [a, b]) {
      await one.start()
      await one.client.addHook('*', slack.url, { channel: 'slack' })
    }
    await a.stop()
    await a.start(upstream(b, keyOfSecond))
    await hasReceiver(b, a)
    await b.stop()
    await b.start(upstream(a, keyOfFirst))
    await hasReceiver(a, b)

    await a.client.pushRelease('told-to-a', '1.0')
    await b.client.pushRelease('told-to-b', '1.0')
    await slack.waitFor(4, 20_000)
    expect(
      told()
        .map((text) => /told-to-[ab]/.exec(text)?.[0])
        .sort(),
    ).toEqual(['told-to-a', 'told-to-a', 'told-to-b', 'told-to-b'])
    await isQuiet([a, b])
    expect(slack.posts).toHaveLength(4)

    // What overtakes other news on the way back would be news again, and so on for ever.
    const sinks = [await startHttpSink(), await startHttpSink()] as const
    cleanUps.push(...sinks.map((sink) => () => sink.close()))
    for (const [one, sink] of [
      [a, sinks[0]],
      [b, sinks[1]],
    ] as const) {
      await one.client.removeHook('*', slack.url)
      await one.client.addHook('*', sink.url)
    }
    const gems = Array.from({ length: 10 }, (_, i) => `flips-${i}`)
    for (const gem of gems)
      for (const yanked of [false, true, false]) await a.client.pushRelease(gem, '1.0', { yanked })
    await sinks[0].waitFor(30, 20_000)
    await isQuiet([a, b])
    expect(sinks[0].received).toHaveLength(30)
    expect(sinks[1].received.length).toBeLessThanOrEqual(30)
  }, 60_000)
})

/** Waits until the receiver of one is registered at the other. Who stops while it is asked, is asked again a minute later. */
async function hasReceiver(at: House, of: House): Promise<void> {
  await until(
    'it has the other’s receiver',
    async () => (await hooksOf(at)).includes(`${of.url}/webhooks`),
    20_000,
  )
}

/** Waits until neither owes anything to anybody, the other included. */
async function isQuiet(houses: readonly House[]): Promise<void> {
  await until('nobody owes anything', async () => {
    const owed = await Promise.all(
      houses.map(async ({ client }) => (await client.readiness()).body.pendingDeliveries),
    )
    return owed.every((pending) => pending === 0)
  })
}

const keyOfFirst = 'gh_key_of_the_first_house'
const keyOfSecond = 'gh_key_of_the_second_house'
const each = { CONFIRM: 'off', RECONCILE: 'off' }

/** The hooks of an account, as text. */
async function hooksOf({ url, key }: House): Promise<string> {
  const answer = await fetch(`${url}/api/v1/web_hooks.json`, { headers: { authorization: key } })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
  return answer.text()
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
