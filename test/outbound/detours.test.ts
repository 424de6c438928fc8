import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createOutbound } from '../../src/outbound/client.js'
import { createRubygems } from '../../src/rubygems/client.js'
import { startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { askOnly, type DnsAnswer, startDns } from '../helpers/outbound-dns.js'
import { loopback } from '../helpers/outbound-parts.js'
import { type Listener, listenTcp } from '../helpers/outbound-servers.js'
import { until } from '../helpers/wait.js'
import { ask } from '../manage/stage.js'
import { attemptsIn, gemFor, keys, post, prepareDataDir, secret, webChannels } from './stage.js'

// Ways around a guard that checked the right URL. `sink` is where a request may go; `decoy` listens on the same machine,
// where the guard would let it go too, so that only its own will keeps gemherald from there.

let sink: HttpSink
let decoy: Listener

beforeEach(async () => {
  ;[sink, decoy] = await Promise.all([
    startHttpSink(),
    listenTcp((socket) => socket.end('HTTP/1.1 204 No\r\n\r\n')),
  ])
})
afterEach(async () => {
  await Promise.all([sink.close(), decoy.close()])
})

const decoyUrl = () => `http://127.0.0.1:${decoy.port}/`

/** A gemherald that may reach 127.0.0.1, unless `env` says otherwise, with hooks for these URLs. */
function open(env: Record<string, string> = {}, urls: string[] = []): Promise<TestGemherald> {
  return startGemherald({
    dataDir: prepareDataDir(urls),
    env: {
      GEMHERALD_SECRET: secret,
      OUTBOUND_ALLOW: '127.0.0.1/32',
      // Refused at once: every gem counts as found.
      RUBYGEMS_HOST: 'http://10.0.0.1',
      ...env,
    },
  })
}

/** The same, for one test. */
async function start(env: Record<string, string> = {}, urls: string[] = []): Promise<TestGemherald> {
  const here = await open(env, urls)
  onTestFinished(here.remove)
  return here
}

const fire = (here: TestGemherald, url: string, channel: string, headers: Record<string, string> = {}) =>
  post(here, '/api/v1/web_hooks/fire', { gem_name: 'rails', url, channel }, { key: keys[0] ?? '', headers })

/** Connections arrive in order: when one made after all others is here, none of those is still to come. */
async function expectNothingAtDecoy(): Promise<void> {
  const control = connect(decoy.port, '127.0.0.1')
  await once(control, 'data')
  control.destroy()
  expect([decoy.connections(), decoy.bytes()]).toEqual([1, 0])
}

async function resolveWith(names: Record<string, DnsAnswer>): Promise<void> {
  const dns = await startDns(names)
  const restore = askOnly(dns)
  onTestFinished(async () => {
    restore()
    await dns.close()
  })
}

describe('redirects', () => {
  const statuses = [300, 301, 302, 303, 305, 307, 308]
  const leadAway = (status: number) => ({
    status,
    headers: {
      Location: decoyUrl(),
      'Content-Location': decoyUrl(),
      Refresh: `0; url=${decoyUrl()}`,
      Link: `<${decoyUrl()}>; rel=canonical`,
      'Alt-Svc': `h2="127.0.0.1:${decoy.port}", h3=":${decoy.port}"`,
    },
  })

  it('are not followed by fire, on any channel', async () => {
    const here = await start()
    for (const status of [200, ...statuses]) {
      sink.answer(leadAway(status))
      for (const channel of webChannels)
        expect((await fire(here, sink.url, channel)).status).toBe(status === 200 ? 200 : 400)
    }
    expect(sink.received.length).toBe((statuses.length + 1) * webChannels.length)
    await expectNothingAtDecoy()
  })

  it('are not followed by deliveries, on any channel', async () => {
    const urls = statuses.map((status) => `${sink.url}/${status}`)
    for (const status of statuses) sink.answer(`/${status}`, leadAway(status))
    const here = await start({}, urls)
    for (const channel of webChannels) await here.pushRelease(gemFor(channel), '1.0.0')
    const expected = urls.length * webChannels.length
    await until('every delivery was attempted', () => attemptsIn(here).length >= expected)
    expect(attemptsIn(here).filter(({ verdict }) => verdict !== 'retry')).toEqual([])
    await expectNothingAtDecoy()
  })

  it.each(statuses)('of the upstream take no key and no one-time password elsewhere: %i', async (status) => {
    sink.answer(leadAway(status))
    const outbound = createOutbound({ allow: loopback, userAgent: 'test' })
    onTestFinished(outbound.close)
    const parts = { host: sink.url, outbound, apiKey: 'rubygems_0123', otp: '123456', sleep: async () => {} }
    const { webHooks, gem, versionsIndex, ownGems } = createRubygems(parts)
    const hook = { gemName: 'rails', url: 'https://example.com/' }
    const answers = [
      await webHooks.list(),
      await webHooks.create(hook),
      await webHooks.remove(hook),
      await webHooks.fire(hook),
      await gem('rails'),
      await ownGems(),
      await versionsIndex(null),
    ]
    expect(answers.filter(({ ok }) => ok)).toEqual([])
    expect(sink.received.length).toBe(answers.length)
    await expectNothingAtDecoy()
  })
})

describe('a name that changes its address', () => {
  // Public while it is checked, this machine when it is connected to.
  const turnsAfter = (checks: number) => (lookup: number) =>
    lookup <= checks ? ['93.184.215.14'] : ['127.0.0.1']

  it.each(webChannels)('between check and connect gets nothing by fire: %s', async (channel) => {
    await resolveWith({ 'turns.test': turnsAfter(1) })
    const here = await start({ OUTBOUND_ALLOW: '' })
    const answer = await fire(here, `http://turns.test:${decoy.port}/`, channel)
    expect(answer.status).toBe(400)
    expect(answer.body).toContain('has an address that is not on the public internet')
    expect(answer.body).not.toContain('Url is refused')
    await expectNothingAtDecoy()
  })

  it.each(webChannels)('after its registration gets nothing by deliveries: %s', async (channel) => {
    await resolveWith({ 'turns.test': turnsAfter(1) })
    const here = await start({ OUTBOUND_ALLOW: '' })
    await here.addHook(gemFor(channel), `http://turns.test:${decoy.port}/`, { channel })
    await here.pushRelease(gemFor(channel), '1.0.0')
    await until('it was attempted', () => attemptsIn(here).length > 0)
    const error = expect.stringContaining('has an address that is not on the public internet')
    expect(attemptsIn(here)[0]).toMatchObject({ channel, verdict: 'retry', statusCode: null, error })
    await expectNothingAtDecoy()
  })

  it('is reached by the same way where its new address is allowed', async () => {
    await resolveWith({ 'turns.test': turnsAfter(1) })
    const here = await start()
    const answer = await fire(here, sink.url.replace('127.0.0.1', 'turns.test'), 'webhook')
    // Its first address is public and its second allowed.
    expect(answer.status).toBe(200)
    expect(sink.received.length).toBe(1)
  })
})

describe('proxies in the environment', () => {
  function stubProxies(): void {
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']) {
      vi.stubEnv(name, decoyUrl())
      vi.stubEnv(name.toLowerCase(), decoyUrl())
    }
    // The sink is on this machine, which proxies are often told to leave out.
    for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '')
    vi.stubEnv('NODE_USE_ENV_PROXY', '1')
  }

  it('see nothing of what fire and the upstream client send', async () => {
    stubProxies()
    const here = await start({ RUBYGEMS_HOST: sink.url })
    for (const channel of webChannels) {
      const answer = await fire(here, `${sink.url}/hook`, channel)
      expect(answer.status).toBe(200)
    }
    // By path, not in absolute form: nobody took the sink for a proxy.
    expect(sink.received.map(({ path }) => path)).toEqual(['/api/v1/gems/rails.json', '/hook', '/hook'])
    await expectNothingAtDecoy()
  })

  it('take nobody to where the guard does not let through', async () => {
    stubProxies()
    const here = await start({ OUTBOUND_ALLOW: '' })
    for (const channel of webChannels) {
      expect((await fire(here, 'http://10.0.0.1/', channel)).body).toContain('Url is refused')
      expect((await fire(here, 'http://nobody.invalid/', channel)).body).toContain('does not resolve')
    }
    await expectNothingAtDecoy()
  })
})

describe('headers of whoever fires', () => {
  let here: TestGemherald
  beforeAll(async () => {
    here = await open()
  })
  afterAll(() => here.remove())

  const smuggled = (): Record<string, string> => {
    const host = `127.0.0.1:${decoy.port}`
    return {
      'X-Forwarded-Host': host,
      'X-Forwarded-Server': host,
      'X-Forwarded-For': host,
      'X-Original-URL': decoyUrl(),
      'X-Rewrite-URL': decoyUrl(),
      'X-HTTP-Host-Override': host,
      'X-HTTP-Method-Override': 'CONNECT',
      'X-Host': host,
      Forwarded: `for=127.0.0.1;host="${host}";proto=http`,
      'Proxy-Authorization': 'Basic eDp5',
      Via: `1.1 ${host}`,
      Referer: decoyUrl(),
      Origin: decoyUrl(),
      Location: decoyUrl(),
      Destination: decoyUrl(),
    }
  }

  it.each(webChannels)('change neither the way nor the message: %s', async (channel) => {
    expect((await fire(here, sink.url, channel)).status).toBe(200)
    const headers = { ...smuggled(), Host: `127.0.0.1:${decoy.port}` }
    expect((await fire(here, sink.url, channel, headers)).status).toBe(200)
    const [plain, other] = sink.received
    expect(other?.headers.host).toBe(new URL(sink.url).host)
    expect(Object.keys(other?.headers ?? {})).toEqual(Object.keys(plain?.headers ?? {}))
    expect(JSON.stringify([other?.headers, other?.body.toString()])).not.toContain(String(decoy.port))
    await expectNothingAtDecoy()
  })

  it('and a target in absolute form make no proxy of gemherald', async () => {
    for (const [method, target, status] of [
      // Its own page, which asks to sign in.
      ['GET', decoyUrl(), 303],
      ['GET', `${decoyUrl()}nothing`, 404],
      ['POST', `${decoyUrl()}api/v1/web_hooks/fire`, 404],
    ] as const)
      expect(
        (await ask(here.address.port, method, target, { key: keys[0] ?? '', headers: smuggled() })).status,
      ).toBe(status)
    await expectNothingAtDecoy()
  })
})

describe('a URL with a header in it', () => {
  let here: TestGemherald
  beforeAll(async () => {
    here = await open()
  })
  afterAll(() => here.remove())

  it.each([
    '/%0d%0aHost:%20127.0.0.1:DECOY',
    '/%0D%0A%0D%0AGET%20/%20HTTP/1.1%0D%0AHost:x',
    '/?x=%0d%0aHost:127.0.0.1:DECOY',
    // Cut to one byte each, as old clients did, these would be line breaks.
    '/\u010d\u010aHost:127.0.0.1:DECOY',
    '/?\uff0d\uff0aHost:127.0.0.1:DECOY',
    '/#%0d%0aHost:127.0.0.1:DECOY',
    '/http://127.0.0.1:DECOY/',
    '//127.0.0.1:DECOY/',
    '/?url=http://127.0.0.1:DECOY/',
  ])('is one request with one host: %j', async (path) => {
    for (const channel of webChannels) {
      const answer = await fire(here, sink.url + path.replace('DECOY', String(decoy.port)), channel)
      expect(answer.status).toBe(200)
    }
    expect(sink.received.map(({ headers }) => headers.host)).toEqual([hostOf(sink), hostOf(sink)])
    expect(sink.received.every(({ method }) => method === 'POST')).toBe(true)
    await expectNothingAtDecoy()
  })
})

describe('two URLs in one request', () => {
  let here: TestGemherald
  beforeAll(async () => {
    here = await open()
  })
  afterAll(() => here.remove())

  const sent = { 'Content-Type': 'application/x-www-form-urlencoded' }

  it.each([
    // Query and body (the query wins), then twice in one of them (the last one wins, as in Ruby).
    ['query', 'url=FORBIDDEN', 'url=ALLOWED', 400],
    ['query', 'url=ALLOWED', 'url=FORBIDDEN', 200],
    ['body', '', 'url=ALLOWED&url=FORBIDDEN', 400],
    ['body', '', 'url=FORBIDDEN&url=ALLOWED', 200],
    ['query', 'url=ALLOWED&url=FORBIDDEN', '', 400],
    ['body, as a list', '', 'url=ALLOWED&url[]=FORBIDDEN', 200],
    ['body, as an object', '', 'url[host]=FORBIDDEN', 400],
  ])('leave one that is both checked and sent to: %s %s %s', async (_, query, body, status) => {
    const fill = (text: string) =>
      text
        .replaceAll('ALLOWED', encodeURIComponent(`${sink.url}/`))
        .replaceAll('FORBIDDEN', encodeURIComponent(`http://127.0.0.2:${decoy.port}/`))
    const answer = await ask(here.address.port, 'POST', `/api/v1/web_hooks/fire?${fill(query)}`, {
      key: keys[0] ?? '',
      headers: sent,
      body: `gem_name=rails&${fill(body)}`,
    })
    expect([answer.status, sink.received.length]).toEqual([status, status === 200 ? 1 : 0])
    await expectNothingAtDecoy()
  })
})

describe('what the server does at the upstream of its own accord', () => {
  const everything = {
    RUBYGEMS_API_KEY: 'rubygems_0123',
    PUBLIC_URL: 'https://gemherald.example.com',
    CONFIRM: 'require',
    RECONCILE: 'on',
    UPSTREAM_SYNC: 'auto',
  }

  it('does not reach a forbidden RUBYGEMS_HOST', async () => {
    const here = await start({ ...everything, OUTBOUND_ALLOW: '', RUBYGEMS_HOST: decoyUrl() })
    await here.pushRelease('rails', '8.1.3')
    await here.addHook('rails', 'https://nobody.invalid/')
    await until('it is told', async () => {
      const { body } = await here.readiness()
      return JSON.stringify(body).includes('OUTBOUND_ALLOW')
    })
    await expectNothingAtDecoy()
  })

  it('reaches it where it is allowed', async () => {
    const here = await start({ ...everything, RUBYGEMS_HOST: sink.url })
    await here.pushRelease('rails', '8.1.3')
    await sink.waitFor(1)
  })
})

function hostOf({ url }: HttpSink): string {
  return new URL(url).host
}
