import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ok } from '../../src/error.js'
import { createOutbound } from '../../src/outbound/client.js'
import { createRubygems, type Rubygems } from '../../src/rubygems/client.js'
import { nothing } from '../helpers/outbound-parts.js'
import { faults, type OrgAccount, type OrgFault } from '../helpers/rubygems-org.js'
import { problem, type Stage, setStage, value } from './stage.js'

let stage: Stage
let account: OrgAccount
let rubygems: Rubygems

beforeEach(async () => {
  stage = await setStage()
  account = stage.org.addAccount('ada')
  stage.org.push('rails', '8.1.3')
  rubygems = stage.client({ apiKey: account.key })
})

afterEach(() => stage.close())

const hook = { gemName: 'rails', url: 'http://127.0.0.1:1025/hook' }
const writes = {
  create: () => rubygems.webHooks.create(hook),
  remove: () => rubygems.webHooks.remove(hook),
  fire: () => rubygems.webHooks.fire(hook),
}
const writeNames = ['create', 'remove', 'fire'] as const

describe('headers', () => {
  it('send the key as it is, with the OTP, and only where a key is needed', async () => {
    rubygems = stage.client({ apiKey: account.key, otp: '123456' })
    await rubygems.webHooks.list()
    await rubygems.ownGems()
    await writes.create()
    for (const { headers } of stage.org.requests.all)
      expect(headers).toMatchObject({ authorization: account.key, otp: '123456' })

    stage.org.requests.all.length = 0
    await rubygems.gem('rails')
    await rubygems.versionsIndex(null)
    expect(stage.org.count()).toBe(2)
    for (const { headers } of stage.org.requests.all) {
      expect(headers.authorization).toBeUndefined()
      expect(headers.otp).toBeUndefined()
    }
  })

  it('leave the OTP out where there is none', async () => {
    await rubygems.webHooks.list()
    expect(stage.org.requests.all[0]?.headers.otp).toBeUndefined()
  })

  it('ask for JSON, by suffix and by name', async () => {
    await rubygems.gem('rails')
    await rubygems.webHooks.list()
    await writes.create()
    await writes.remove()
    for (const { path, headers } of stage.org.requests.all) {
      expect(path).toMatch(/\.json$/)
      expect(headers.accept).toBe('application/json')
    }
  })

  it.each([
    ['no key', {}, 'unauthorized', 'none is configured'],
    ['an empty key', { apiKey: '' }, 'unauthorized', 'none is configured'],
    ['a key with a line break', { apiKey: 'rubygems_1\r\nx: y' }, 'unauthorized', 'copy it again'],
    ['a key beyond ASCII', { apiKey: 'schlüssel' }, 'unauthorized', 'copy it again'],
    ['an OTP with a line break', { apiKey: 'k', otp: '1\n2' }, 'invalid', 'type it again'],
  ])('are never sent with %s', async (_what, parts, code, message) => {
    const failed = problem(await stage.client(parts).webHooks.list())
    expect(failed).toMatchObject({ code, status: null, message: expect.stringContaining(message) })
    expect(stage.org.count()).toBe(0)
  })
})

describe('answers', () => {
  it.each([
    [400, 'invalid'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [406, 'invalid'],
    [409, 'conflict'],
    [410, 'gone'],
    [422, 'invalid'],
    [429, 'throttled'],
    [500, 'unavailable'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
  ])('of status %i are %s, with the upstream’s text', async (status, code) => {
    stage.org.fail({ status, headers: { 'Content-Type': 'text/plain' }, body: 'That is how it is.\n' })
    for (const ask of [() => rubygems.gem('rails'), writes.create]) {
      const failed = problem(await ask())
      expect(failed).toMatchObject({ code, status, text: 'That is how it is.\n', retryAfterMs: null })
      expect(failed.message).toMatch(/\/api\/v1\/\S+ was answered \d+: That is how it is\.$/)
    }
  })

  it('in JSON give the text under "error"', async () => {
    stage.org.fail({ status: 400, headers: {}, body: '{"error":"URL was not provided"}' })
    expect(problem(await writes.create()).text).toBe('URL was not provided')
  })

  it.each([
    ['text without end', 'x'.repeat(100_000), 450],
    ['control characters', '\u001b[31mred\u0007', 100],
  ])('with %s make a message fit to be shown', async (_what, body, longest) => {
    stage.org.fail({ status: 400, headers: {}, body })
    const { message } = problem(await rubygems.gem('rails'))
    expect(message.length).toBeLessThan(longest)
    expect(message).not.toMatch(/\p{Cc}/u)
  })

  it.each([301, 302, 307, 308])('%i: a redirect is not followed, and says where it leads', async (status) => {
    stage.org.fail({ status, headers: { Location: 'https://elsewhere.example/x' }, body: '' })
    const failed = problem(await rubygems.gem('rails'))
    expect(failed).toMatchObject({ code: 'invalid', status })
    expect(failed.message).toContain('https://elsewhere.example/x')
    expect(stage.org.count()).toBe(1)
  })

  it.each([200, 404, 410])('%i with a web page is no word of the upstream’s', async (status) => {
    stage.org.fail({ ...(faults.webPage as object), status } as OrgFault)
    for (const ask of [() => rubygems.gem('rails'), writes.create, () => rubygems.versionsIndex(null)])
      expect(problem(await ask())).toMatchObject({ code: 'unavailable', status, text: null })
  })

  it('403 with a web page is forbidden all the same', async () => {
    stage.org.fail({ status: 403, headers: { 'Content-Type': 'text/html' }, body: '<p>No' })
    expect(problem(await rubygems.gem('rails'))).toMatchObject({ code: 'forbidden', text: null })
  })

  it('never show a hook’s URL in what may be logged', async () => {
    const secret = { gemName: 'rails', url: 'http://127.0.0.1:1025/very-secret' }
    for (const fault of [faults.serverError, 'drop'] as const) {
      stage.org.mend()
      stage.org.fail(fault)
      for (const write of [rubygems.webHooks.create, rubygems.webHooks.remove, rubygems.webHooks.fire])
        expect(problem(await write(secret)).message).not.toContain('very-secret')
    }
  })
})

const passing: [string, OrgFault][] = [
  ['500', faults.serverError],
  ['502', { status: 502, headers: {}, body: '' }],
  ['503', faults.unavailable()],
  ['429', faults.throttled()],
  ['a dropped connection', 'drop'],
  ['an answer that is cut off', 'cut'],
]

describe('tries', () => {
  it.each(passing)('are three for reads, after %s', async (_what, fault) => {
    stage.org.fail(fault, { times: 2 })
    expect(value(await rubygems.gem('rails')).version).toBe('8.1.3')
    expect(stage.org.count()).toBe(3)
    expect(stage.sleeps).toEqual([500, 2_000])
  })

  it.each(passing)('are no more than three, after %s', async (_what, fault) => {
    stage.org.fail(fault)
    expect(problem(await rubygems.gem('rails')).code).toMatch(/^(unavailable|throttled)$/)
    expect(stage.org.count()).toBe(3)
  })

  it.each(passing)('are one for writes, after %s', async (_what, fault) => {
    stage.org.fail(fault)
    for (const name of writeNames) {
      stage.org.requests.all.length = 0
      expect(problem(await writes[name]()).code).toMatch(/^(unavailable|throttled)$/)
      expect(stage.org.count()).toBe(1)
    }
    expect(stage.sleeps).toEqual([])
  })

  it.each([400, 401, 403, 404, 409, 410, 422])('are one after %i, which will not change', async (status) => {
    stage.org.fail({ status, headers: {}, body: '' })
    await rubygems.gem('rails')
    expect(stage.org.count()).toBe(1)
  })

  it.each([
    [0, [250, 1_000]],
    [1, [750, 3_000]],
  ])('come after pauses that chance makes shorter or longer (%d)', async (random, pauses) => {
    stage.org.fail('drop')
    await stage.client({ random: () => random }).gem('rails')
    expect(stage.sleeps).toEqual(pauses)
  })

  it('end where the port is closed, with what happened', async () => {
    await stage.org.closePort()
    const failed = problem(await rubygems.gem('rails'))
    expect(failed).toMatchObject({ code: 'unavailable', status: null, text: null })
    expect(failed.message).toContain('connection refused')
    await stage.org.openPort()
    expect(value(await rubygems.gem('rails')).version).toBe('8.1.3')
  })

  it('leave a doubt after a write that nobody answered', async () => {
    stage.org.fail('cut', { times: 1 })
    expect(problem(await writes.create()).message).toContain('may have been done all the same')
    expect(account.hooks).toHaveLength(1)
  })
})

describe('Retry-After', () => {
  it.each([
    ['429', faults.throttled(7)],
    ['503', faults.unavailable(7)],
    [
      '429 with a date',
      { status: 429, headers: { 'Retry-After': 'Fri, 20 Nov 2026 12:00:07 GMT' }, body: '' } as OrgFault,
    ],
  ])('of %s is kept to', async (_what, fault) => {
    stage.org.fail(fault, { times: 1 })
    await rubygems.gem('rails')
    expect(stage.sleeps).toEqual([500, 6_500])
    expect(stage.org.count()).toBe(2)
  })

  it('is kept to by later requests, too', async () => {
    stage.org.fail(faults.throttled(30), { times: 1 })
    await writes.create()
    expect(stage.sleeps).toEqual([])
    await rubygems.gem('rails')
    expect(stage.sleeps).toEqual([30_000])
  })

  it('of more than a minute is told, and nothing is sent before it is over', async () => {
    stage.org.fail(faults.throttled(600), { times: 1 })
    expect(problem(await rubygems.gem('rails'))).toMatchObject({ code: 'throttled', retryAfterMs: 600_000 })
    stage.time += 500_000
    expect(problem(await writes.create())).toMatchObject({
      code: 'throttled',
      text: 'Retry later\n',
      retryAfterMs: 100_000,
      message: expect.stringMatching(
        /^POST (127\.0\.0\.1:\d+)\/api\/v1\/web_hooks\.json was not sent: \1 asked to be left alone until 2026-11-20T12:10:00\.000Z \(429 to GET \/api\/v1\/gems\/rails\.json\)\.$/,
      ),
    })
    expect(stage.org.count()).toBe(1)
    stage.time += 100_000
    expect(value(await writes.create())).toContain('Successfully created')
  })

  it('of a year silences nobody for more than 15 minutes', async () => {
    stage.org.fail(faults.throttled(365 * 24 * 3_600), { times: 1 })
    await rubygems.gem('rails')
    expect(problem(await rubygems.gem('rails')).retryAfterMs).toBe(900_000)
    stage.time += 900_000
    expect(value(await rubygems.gem('rails')).version).toBe('8.1.3')
  })

  it('of a fire or a search holds up nothing else', async () => {
    stage.org.fail(faults.throttled(600), { times: 2 })
    expect(problem(await writes.fire()).retryAfterMs).toBe(600_000)
    expect(problem(await rubygems.search('rails')).retryAfterMs).toBe(600_000)
    expect(value(await rubygems.gem('rails')).version).toBe('8.1.3')
    expect(problem(await writes.fire()).code).toBe('throttled')
    expect(stage.org.count('/api/v1/web_hooks/fire.json')).toBe(1)
  })

  it('of any other status means nothing', async () => {
    stage.org.fail({ status: 500, headers: { 'Retry-After': '600' }, body: '' }, { times: 1 })
    await rubygems.gem('rails')
    expect(stage.sleeps).toEqual([500])
  })

  it.each(['soon', '-1', ''])('that makes no sense (%j) is none', async (header) => {
    stage.org.fail({ status: 429, headers: { 'Retry-After': header }, body: '' }, { times: 1 })
    await rubygems.gem('rails')
    expect(stage.sleeps).toEqual([500])
  })
})

describe('the pace', () => {
  it('is 8 requests a second', async () => {
    const times: number[] = []
    for (let i = 0; i < 25; i++) {
      await rubygems.gem('rails')
      times.push(stage.time)
    }
    const begin = times[0] ?? 0
    expect(times.filter((time) => time < begin + 1_000)).toHaveLength(8)
    expect(times.at(-1)).toBe(begin + 3_300)
  })

  it('is 90 searches a minute', async () => {
    const begin = stage.time
    const times: number[] = []
    for (let i = 0; i < 91; i++) {
      await rubygems.search('rails')
      times.push(stage.time - begin)
    }
    expect(times[89]).toBeLessThan(60_000)
    expect(times[90]).toBe(60_000)
  })
})

describe('many at once', () => {
  it('go at the pace, also after they were held up', async () => {
    const { host, sent } = pretendedHost(5)
    const asking = Array.from({ length: 20 }, () => host.gem('rails'))
    for (const gem of asking) expect(value(await gem).name).toBe('rails')
    expect(sent).toHaveLength(21)
    expect(sent.slice(0, 8)).toEqual(Array(8).fill(0))
    sent.forEach((at, i) => {
      if (i >= 8) expect(at).toBeGreaterThanOrEqual(5_000)
      expect((sent[i + 8] ?? Number.POSITIVE_INFINITY) - at).toBeGreaterThanOrEqual(1_000)
    })
  })
})

/** A host without a network, that throttles the first request; times when it was asked, from 0. */
function pretendedHost(retryAfterSeconds: number) {
  let time = 0
  const sent: number[] = []
  const sleepers: { until: number; wake: () => void }[] = []
  const answer = (status: number, headers: Record<string, string>, body: string) =>
    ok({ status, headers, body: Buffer.from(body), truncated: false })
  const host = createRubygems({
    host: 'http://127.0.0.1',
    outbound: {
      request: async () =>
        sent.push(time) === 1
          ? answer(429, { 'retry-after': String(retryAfterSeconds) }, '')
          : answer(200, {}, '{"name":"rails","version":"1.0"}'),
    },
    now: () => time,
    random: () => 0.5,
    sleep: async (ms) => {
      const until = time + ms
      await new Promise<void>((wake) => sleepers.push({ until, wake }))
    },
  })
  // When nothing else can happen, it is the next sleeper's time.
  const tick = () => {
    sleepers.sort((a, b) => a.until - b.until)
    const next = sleepers.shift()
    if (next === undefined) return
    time = Math.max(time, next.until)
    next.wake()
    setImmediate(tick)
  }
  setImmediate(tick)
  return { host, sent }
}

describe('withinMs', () => {
  it('bounds the wait for the own pace', async () => {
    for (let i = 0; i < 8; i++) await rubygems.gem('rails')
    const failed = problem(await rubygems.gem('rails', { withinMs: 900 }))
    expect(failed).toMatchObject({ code: 'throttled', status: null })
    expect(stage.org.count()).toBe(8)
  })

  it('bounds the tries', async () => {
    stage.org.fail(faults.serverError)
    expect(problem(await rubygems.gem('rails', { withinMs: 2_000 }))).toMatchObject({ status: 500 })
    expect(stage.org.count()).toBe(2)
    expect(stage.sleeps).toEqual([500])
  })

  it('bounds what Retry-After may make it wait', async () => {
    stage.org.fail(faults.throttled(5))
    expect(problem(await rubygems.gem('rails', { withinMs: 2_000 }))).toMatchObject({ status: 429 })
    expect(stage.org.count()).toBe(1)
  })

  it('bounds an upstream that hangs', async () => {
    stage.org.fail('hang')
    const failed = problem(await stage.client({ now: Date.now }).gem('rails', { withinMs: 100 }))
    expect(failed).toMatchObject({ code: 'unavailable', status: null })
    expect(failed.message).toContain('no answer within')
  })
})

describe('the guard', () => {
  it('refuses what it refuses everywhere, once and for reads and writes', async () => {
    const outbound = createOutbound({ allow: nothing, userAgent: 'gemherald/test' })
    rubygems = stage.client({ outbound, apiKey: account.key })
    for (const ask of [() => rubygems.gem('rails'), writes.create]) {
      const failed = problem(await ask())
      expect(failed).toMatchObject({ code: 'forbidden', status: null, text: null })
      expect(failed.message).toContain('OUTBOUND_ALLOW')
    }
    await outbound.close()
    expect(stage.org.count()).toBe(0)
    expect(stage.sleeps).toEqual([])
  })

  it('refuses what is no URL', async () => {
    for (const host of ['', 'rubygems.org', 'ftp://rubygems.org', 'http://a b'])
      expect(problem(await stage.client({ host }).gem('rails'))).toMatchObject({ code: 'invalid' })
  })
})

describe('the host', () => {
  it('may have slashes at its end', async () => {
    expect(value(await stage.client({ host: `${stage.org.url}//` }).gem('rails')).name).toBe('rails')
  })
})

describe('the signal', () => {
  it('ends waits, with the failure that made them necessary', async () => {
    const stop = new AbortController()
    stage.org.fail(faults.throttled(50))
    // Clock and sleep are the real ones.
    const waiting = createRubygems({
      host: stage.org.url,
      outbound: stage.outbound,
      signal: stop.signal,
    }).gem('rails')
    await stage.org.requests.waitFor(1)
    stop.abort()
    expect(problem(await waiting)).toMatchObject({ code: 'throttled', status: 429 })
    expect(stage.org.count()).toBe(1)
  })

  it('lets nothing be sent any more', async () => {
    const failed = problem(await stage.client({ signal: AbortSignal.abort() }).gem('rails'))
    expect(failed).toMatchObject({ code: 'unavailable', status: null })
    expect(stage.org.count()).toBe(0)
  })
})
