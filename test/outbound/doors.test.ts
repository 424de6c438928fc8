import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { readConfig } from '../../src/config.js'
import { type Channel, carriedChannels } from '../../src/endpoint.js'
import { createOutbound } from '../../src/outbound/client.js'
import { createRubygems } from '../../src/rubygems/client.js'
import { startWorker } from '../../workers/worker.js'
import { startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { askOnly, type DnsServer, startDns } from '../helpers/outbound-dns.js'
import { nothing } from '../helpers/outbound-parts.js'
import { type Listener, listenTcp } from '../helpers/outbound-servers.js'
import { redisHalf, startRedis } from '../helpers/redis-server.js'
import { until } from '../helpers/wait.js'
import {
  attemptsIn,
  gemFor,
  type KeptAttempt,
  keys,
  post,
  prepareDataDir,
  secret,
  webChannels,
} from './stage.js'
import {
  at,
  elsewhere,
  hasIpv6,
  leadHere,
  malformed,
  names,
  nowhere,
  spellingsOfLoopback,
} from './vectors.js'

// Every way from a stranger's or an operator's URL to a socket, with every vector, in a whole gemherald. A listener takes
// connections to all addresses of this machine; a real name server answers for the names.

const loopback = '127.0.0.0/8,::1/128,0.0.0.0/32,::/128'

let listener: Listener
let dns: DnsServer
let restoreDns: () => void
let gemherald: TestGemherald

beforeAll(async () => {
  dns = await startDns(names)
  restoreDns = askOnly(dns)
})
afterAll(async () => {
  restoreDns()
  await dns.close()
})
beforeEach(async () => {
  listener = await listenTcp(answerOnce, hasIpv6 ? '::' : '0.0.0.0')
})
afterEach(() => listener.close())

const refused = () => at(listener.port, [...spellingsOfLoopback, ...elsewhere, ...malformed, ...nowhere])
const reachable = () => at(listener.port, leadHere)

/** Starts gemherald with the listener for its upstream too, and with these hooks. */
async function start(env: Record<string, string>, urls: string[] = [], worker = true): Promise<void> {
  gemherald = await startGemherald({
    dataDir: prepareDataDir(urls),
    worker,
    env: { GEMHERALD_SECRET: secret, RUBYGEMS_HOST: `http://127.0.0.1:${listener.port}`, ...env },
  })
}

/** Connections arrive in order: when one made after all others is here, none of those is still to come. */
async function expectNoByte(): Promise<void> {
  expect([listener.connections(), listener.bytes()]).toEqual([0, 0])
  const control = connect(listener.port, '127.0.0.1', () => control.write('GET / HTTP/1.1\r\n\r\n'))
  await once(control, 'data')
  control.destroy()
  expect([listener.connections(), listener.bytes()]).toEqual([1, 'GET / HTTP/1.1\r\n\r\n'.length])
}

describe('fire', () => {
  afterEach(() => gemherald.remove())

  // What a gemherald that were careless with its parameters might take for a way around.
  const extra = (port: number): Record<string, string> => ({
    host: `127.0.0.1:${port}`,
    ip: '127.0.0.1',
    'resolve[]': '127.0.0.1',
    'headers[Host]': '127.0.0.1',
    method: 'GET',
    proxy: `http://127.0.0.1:${port}`,
    redirect: 'follow',
    allow: '0.0.0.0/0',
    outbound_allow: '0.0.0.0/0,::/0',
    OUTBOUND_ALLOW: '0.0.0.0/0,::/0',
    force: 'true',
    endpoint: `http://127.0.0.1:${port}/`,
    'url[]': `http://127.0.0.1:${port}/`,
    'web_hook[url]': `http://127.0.0.1:${port}/`,
  })

  const shoot = async (url: string, channel: Channel, key: string) => {
    const parameters = { ...extra(listener.port), gem_name: 'rails', url, channel }
    return { url, channel, ...(await post(gemherald, '/api/v1/web_hooks/fire', parameters, { key })) }
  }

  async function fireAll(urls: string[]) {
    const answers: Awaited<ReturnType<typeof shoot>>[] = []
    // As many at a time as there are keys: the name server in this process must get a word in edgeways.
    for (let first = 0; first < urls.length; first += keys.length) {
      const shots = urls
        .slice(first, first + keys.length)
        .flatMap((url, index) => webChannels.map((channel) => shoot(url, channel, keys[index] ?? '')))
      answers.push(...(await Promise.all(shots)))
    }
    return answers
  }

  it('sends nothing to a forbidden place, on any channel', async () => {
    await start({ OUTBOUND_ALLOW: '' })
    const answers = await fireAll(refused())
    const wrong = answers.filter(({ status, body }) => status !== 400 || !refusals.test(body))
    expect(wrong).toEqual([])
    await expectNoByte()
  })

  it('reaches the listener by the same URLs where loopback is allowed', async () => {
    await start({ OUTBOUND_ALLOW: loopback })
    const answers = await fireAll(reachable())
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    expect(listener.connections()).toBeGreaterThanOrEqual(answers.length)
  })
})

describe('registration', () => {
  afterEach(() => gemherald.remove())

  const register = (url: string, channel: Channel) =>
    post(gemherald, '/api/v1/web_hooks', { gem_name: gemFor(channel), url, channel })

  it('refuses forbidden places, on any channel', async () => {
    await start({ OUTBOUND_ALLOW: '' })
    const urls = at(listener.port, [...spellingsOfLoopback, ...elsewhere, ...malformed])
    const answers = await Promise.all(
      urls.flatMap((url) => webChannels.map(async (channel) => ({ url, ...(await register(url, channel)) }))),
    )
    expect(answers.filter(({ status, body }) => status !== 409 || !body.startsWith('["Url '))).toEqual([])
    await expectNoByte()
  })
})

describe('deliveries', () => {
  afterEach(() => gemherald.remove())

  /** Has a message for every hook attempted, until each has an attempt that counts; all attempts. */
  async function deliver(urls: string[], counts: (attempt: KeptAttempt) => boolean = () => true) {
    for (const channel of webChannels)
      expect((await gemherald.pushRelease(gemFor(channel), '1.0.0')).status).toBe(202)
    const expected = new Set(urls).size * webChannels.length
    const done = () => attemptsIn(gemherald).filter(counts)
    await until(
      'every delivery was attempted',
      () => new Set(done().map(({ url, channel }) => `${channel} ${url}`)).size >= expected,
    )
    return attemptsIn(gemherald)
  }

  async function expectAllRefused(urls: string[]): Promise<void> {
    const attempts = await deliver(urls)
    expect(attempts.filter(({ statusCode }) => statusCode !== null)).toEqual([])
    expect(attempts.filter(({ error }) => !refusals.test(error ?? ''))).toEqual([])
    await expectNoByte()
  }

  it('in this process send nothing to a forbidden place, on any channel', async () => {
    await start({ OUTBOUND_ALLOW: '' }, refused())
    await expectAllRefused(refused())
  })

  it('reach the listener by the same URLs where loopback is allowed', async () => {
    await start({ OUTBOUND_ALLOW: loopback }, reachable())
    const attempts = await deliver(reachable(), ({ verdict }) => verdict === 'succeeded')
    expect(listener.connections()).toBeGreaterThanOrEqual(attempts.length)
  })

  it.runIf(redisHalf)(
    'by a worker over Redis keep to the server’s guard, not to the worker’s own',
    async () => {
      const redis = await startRedis()
      // After gemherald, which without its Redis would be slow to stop.
      onTestFinished(redis.stop)
      await start({ OUTBOUND_ALLOW: '', REDIS_URL: redis.url }, refused(), false)
      const config = readConfig({
        REDIS_URL: redis.url,
        GEMHERALD_SECRET: secret,
        OUTBOUND_ALLOW: '0.0.0.0/0,::/0',
      })
      if (!config.ok) throw new Error(config.problem.message)
      const worker = startWorker({
        config: config.value,
        log: pino({ level: 'silent' }),
        channels: carriedChannels,
        concurrency: 50,
        onWrongSecret: () => {
          throw new Error('The worker has another secret.')
        },
      })
      if (!worker.ok) throw new Error(worker.problem.message)
      onTestFinished(worker.value.stop)
      await expectAllRefused(refused())
    },
  )
})

describe('the upstream client', () => {
  // RUBYGEMS_HOST is the operator's word, and the guard counts for it all the same (DESIGN §5, OUTBOUND_ALLOW).
  it('sends nothing to a forbidden place: no key, no one-time password', async () => {
    const outbound = createOutbound({ allow: nothing, userAgent: 'test' })
    const asked = await Promise.all(
      refused().map(async (host) => {
        const rubygems = createRubygems({ host, outbound, apiKey: 'rubygems_0123', otp: '123456', sleep })
        return [
          await rubygems.gem('rails'),
          await rubygems.webHooks.list(),
          await rubygems.versionsIndex(null),
        ]
      }),
    )
    expect(asked.flat().filter((answer) => answer.ok)).toEqual([])
    const messages = asked.flat().map((answer) => (answer.ok ? '' : answer.problem.message))
    expect(messages.filter((message) => !refusals.test(message))).toEqual([])
    await outbound.close()
    await expectNoByte()
  })
})

// What the guard says, each in its own words, and what is said of names that do not exist.
const refusals =
  /not an address on the public internet|has an address that is not on the public internet|port \d+ is not reachable|the URL (contains|does not start|has)|the host in the URL|in the URL (is not|contains)|does not resolve/

async function sleep(): Promise<void> {}

function answerOnce(socket: Socket): void {
  socket.once('data', () => socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n'))
}
