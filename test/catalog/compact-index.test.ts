import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { get } from 'node:http'
import Sqlite from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createOutbound, type Outbound } from '../../src/outbound/client.js'
import { creationTime, parsePayload } from '../../src/payload.js'
import { createRubygems, type Rubygems } from '../../src/rubygems/client.js'
import type { VersionsCopy } from '../../src/rubygems/compact-index.js'
import { versionsLines } from '../../src/rubygems/compact-index-lines.js'
import { loopback } from '../helpers/outbound-parts.js'
import { testTime } from '../helpers/temp-ledger.js'
import { until } from '../helpers/wait.js'
import { payloadOf } from '../helpers/webhooks.js'
import { problem, value } from '../rubygems/stage.js'
import { minutesAgo, openStage, type Stage } from './stage.js'

let api: Stage
let outbound: Outbound
let rubygems: Rubygems
beforeEach(async () => {
  api = await openStage()
  outbound = createOutbound({ allow: loopback, userAgent: 'gemherald/test' })
  rubygems = clientOf(api.url)
})
afterEach(async () => {
  await outbound.close()
  await api.close()
})

const clientOf = (host: string) => createRubygems({ host, outbound, sleep: async () => {} })
const md5 = (text: string) => createHash('md5').update(text).digest('hex')
const read = async (copy: VersionsCopy | null, client = rubygems) => value(await client.versionsIndex(copy))
const versions = async () => (await api.ask('/versions')).body
const info = async (name: string) => (await api.ask(`/info/${name}`)).body
const head = 'created_at: 2026-09-01T12:00:00Z\n---\n'

/** The lines of a text of `/versions` as they stand, without head and checksums. */
const entries = (text: string) =>
  text
    .slice(head.length)
    .split('\n')
    .map((line) => line.split(' ').slice(0, 2).join(' '))
    .filter((line) => line !== '')

describe('GET /versions', () => {
  it('has a line for each change, with the checksum of the gem’s /info', async () => {
    api.push('rails', '8.0.0', minutesAgo(9))
    const first = `${head}rails 8.0.0 ${md5(await info('rails'))}\n`
    expect(await versions()).toBe(first)
    api.push('rails', '8.0.0', minutesAgo(8), { platform: 'java' })
    api.push('rack', '3.0', minutesAgo(7))
    const second = `${first}rails 8.0.0-java ${md5(await info('rails'))}\nrack 3.0 ${md5(await info('rack'))}\n`
    expect(await versions()).toBe(second)
    api.yank('rails', '8.0.0')
    const third = `${second}rails -8.0.0 ${md5(await info('rails'))}\n`
    expect(await versions()).toBe(third)
    api.push('rails', '8.0.0', minutesAgo(1))
    expect(await versions()).toBe(`${third}rails 8.0.0 ${md5(await info('rails'))}\n`)
    expect(new Set((await versions()).match(/[0-9a-f]{32}/g)).size).toBe(4)
  })

  it('is a head alone as long as nothing is known, and that head stays', async () => {
    expect(await versions()).toBe(head)
    expect(await versions()).toBe(head)
    api.push('rails', '8.0.0', minutesAgo(1))
    expect(entries(await versions())).toEqual(['rails 8.0.0'])
    expect((await versions()).startsWith(head)).toBe(true)
  })

  it('has what happened to a release since it was last asked for, once', async () => {
    api.push('a', '1.0', minutesAgo(9))
    api.push('b', '1.0', minutesAgo(9))
    api.yank('a', '1.0')
    expect(entries(await versions())).toEqual(['b 1.0', 'a -1.0'])
    api.push('a', '1.0', minutesAgo(1))
    api.yank('a', '1.0')
    api.push('c', '1.0', minutesAgo(1))
    api.push('c', '2.0', minutesAgo(1))
    expect(entries(await versions()).slice(2)).toEqual(['a -1.0', 'c 1.0', 'c 2.0'])
    const [, one, two] = (await versions()).match(/^c .* ([0-9a-f]{32})\nc .* ([0-9a-f]{32})$/m) ?? []
    expect([one, two]).toEqual([md5(await info('c')), md5(await info('c'))])
  })

  it('has nothing of claims that wait or are refuted', async () => {
    // Only what somebody wants is checked.
    api.temp.hook()
    api.push('rails', '8.0.0', minutesAgo(5))
    const claim = (facts: Record<string, unknown>) => {
      const payload = payloadOf(facts)
      const parsed = parsePayload(payload)
      if (!parsed.ok) throw new Error(parsed.problem.message)
      const { name: gemName, version: number, platform, yanked } = parsed.value
      const createdAt = creationTime(parsed.value, testTime)
      const more = { payload, receivedAt: testTime, createdAt, source: 'webhook' as const, toCheck: true }
      const [receipt] = api.temp.ledger.arrivals.record([{ gemName, number, platform, yanked, ...more }])
      return receipt === undefined || receipt.status === 'crowded' ? 0 : receipt.eventId
    }
    const invented = claim({ name: 'rails', version: '9.9.9' })
    const unknown = claim({ name: 'invented', version: '1.0' })
    const yank = claim({ name: 'rails', version: '8.0.0', yanked: true })
    const before = [await versions(), await info('rails'), (await api.ask('/names')).body]
    expect(entries(before[0] ?? '')).toEqual(['rails 8.0.0'])
    for (const eventId of [invented, unknown, yank])
      api.temp.ledger.claims.refute(eventId, 'It says otherwise.', testTime)
    expect([await versions(), await info('rails'), (await api.ask('/names')).body]).toEqual(before)
    expect((await api.ask('/info/invented')).status).toBe(404)

    const real = claim({ name: 'rails', version: '8.1.0' })
    api.temp.ledger.claims.settle(real, { confirmation: 'confirmed', facts: null, createdAt: null }, testTime)
    expect(entries(await versions())).toEqual(['rails 8.0.0', 'rails 8.1.0'])
  })

  it('has each release once, however many ask at once for what is new', async () => {
    for (let i = 0; i < 600; i += 1) api.push(i % 2 ? 'busy' : `gem-${i}`, `1.${i}`, minutesAgo(1))
    const asks = ['/versions', '/versions', '/names', '/api/v1/search.json?query=busy', '/versions']
    const [first, ...others] = await Promise.all(asks.map((path) => api.ask(path)))
    expect(entries(first?.body ?? '')).toEqual(
      Array.from({ length: 600 }, (_, i) => `${i % 2 ? 'busy' : `gem-${i}`} 1.${i}`),
    )
    for (const { status } of others) expect(status).toBe(200)
    expect(await versions()).toBe(first?.body)
    const last = [...versionsLines(Buffer.from(await versions()))].findLast(
      ({ gemName }) => gemName === 'busy',
    )
    expect(last?.infoChecksum).toBe(md5(await info('busy')))
  })

  it('leaves out what would be read as another release', async () => {
    api.push('old', '1.0-beta', minutesAgo(2))
    api.push('old', '1.0', minutesAgo(1), { platform: 'beta' })
    api.yank('old', '1.0-beta')
    expect(entries(await versions())).toEqual(['old 1.0-beta'])
    expect((await info('old')).match(/^\S+ /gm)).toEqual(['1.0-beta '])
  })

  it('tells the same of any ledger as the ledger, whatever happens between two asks', async () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b'),
      number: fc.constantFrom('1', '2'),
      platform: fc.constantFrom('ruby', 'java'),
      yanked: fc.boolean(),
      ask: fc.boolean(),
    })
    let copy: VersionsCopy | null = null
    const live = new Map<string, boolean>()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        for (const { name, number, platform, yanked, ask } of steps) {
          api.temp.arrive({ name, version: number, platform, yanked })
          live.set(`${name} ${number} ${platform}`, !yanked)
          if (ask) copy = (await read(copy)).copy
        }
        const before: VersionsCopy | null = copy
        const update = await read(copy)
        if (before !== null) expect(update.change).not.toBe('replaced')
        copy = update.copy
        const listed = new Map<string, boolean>()
        for (const { gemName, pushed, yanked } of versionsLines(update.copy.bytes)) {
          for (const one of pushed) listed.set(`${gemName} ${one.number} ${one.platform}`, true)
          for (const one of yanked) listed.set(`${gemName} ${one.number} ${one.platform}`, false)
        }
        expect(listed).toEqual(live)
        const last = new Map(
          [...versionsLines(update.copy.bytes)].map((line) => [line.gemName, line.infoChecksum]),
        )
        for (const [name, checksum] of last) expect(checksum).toBe(md5(await info(name)))
      }),
      { numRuns: 40 },
    )
  })
})

describe('a large /versions', () => {
  it('is read no further than the client takes it, and not at all once that is gone', async () => {
    await versions()
    const line = `${'x'.repeat(200)} 1.0 ${'0'.repeat(32)}\n`
    api.temp.change(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
       INSERT INTO index_lines (text, ends_at) SELECT ?, ? + i * ? FROM n`,
      line,
      head.length,
      line.length,
    )
    const size = String(head.length + 100_000 * line.length)
    const head200 = await api.ask('/versions', {}, 'HEAD')
    const after = vi.spyOn(api.temp.ledger.indexLines, 'after')
    const stuck = get(`${api.url}/versions`, { agent: false })
    const [response] = await once(stuck, 'response')
    response.pause().on('error', () => {})
    expect(response.headers['content-length']).toBe(size)
    const whole = await api.ask('/versions')
    expect(whole.headers).toEqual(head200.headers)
    // One of the two has read it to the end: a hundred slices, and one for each of the two to see that nothing is new.
    expect(after.mock.calls.length).toBeGreaterThan(100)
    expect(after.mock.calls.length).toBeLessThan(180)
    response.destroy()
    await until('the server has noticed', () => api.logged.length > 0)
    expect(api.logged).toMatchObject([{ level: 20, msg: expect.stringContaining('went away') }])
    expect(after.mock.calls.length).toBeLessThan(180)
  })
})

describe('our own client of it', () => {
  const fill = () => {
    for (let i = 0; i < 50; i += 1) api.push(`demo-${i % 7}`, `1.${i}`, minutesAgo(99 - i))
  }

  it('reads the whole, goes on with the end, and is told when there is none', async () => {
    fill()
    const whole = await read(null)
    expect(whole).toMatchObject({ change: 'replaced', newFrom: 0 })
    expect([...versionsLines(whole.copy.bytes)]).toHaveLength(50)
    expect(await read(whole.copy)).toMatchObject({ change: 'unchanged' })
    expect(await read({ ...whole.copy, etag: null })).toMatchObject({ change: 'unchanged' })
    api.push('rails', '8.0.0', minutesAgo(1))
    api.yank('demo-1', '1.1')
    const more = await read(whole.copy)
    expect(more).toMatchObject({ change: 'appended', newFrom: whole.copy.bytes.length })
    expect([...versionsLines(more.copy.bytes, more.newFrom)]).toMatchObject([
      { gemName: 'rails', pushed: [{ number: '8.0.0', platform: 'ruby' }], yanked: [] },
      { gemName: 'demo-1', pushed: [], yanked: [{ number: '1.1', platform: 'ruby' }] },
    ])
    expect(more.copy.bytes.toString()).toBe(await versions())
  })

  it('reads the whole again when its copy is damaged, longer, or another’s', async () => {
    fill()
    const { copy } = await read(null)
    const damaged = Buffer.from(copy.bytes)
    damaged[60] = 0x58
    api.push('rails', '8.0.0', minutesAgo(1))
    for (const bytes of [damaged, Buffer.concat([copy.bytes, copy.bytes]), Buffer.from('---\na 1 x\n')]) {
      const update = await read({ bytes, etag: '"x"' })
      expect(update).toMatchObject({ change: 'replaced', newFrom: 0 })
      expect(update.copy.bytes.toString()).toBe(await versions())
    }
  })

  it('reads /info, and is refused an unknown gem', async () => {
    api.push('demo', '1.0', minutesAgo(1), {
      sha: 'a'.repeat(64),
      dependencies: { runtime: [{ name: 'rack', requirements: '>= 1, < 2' }], development: [] },
    })
    api.push('demo', '0.9', minutesAgo(5), { platform: 'java', sha: null })
    api.push('demo', '0.8', minutesAgo(9))
    api.yank('demo', '0.8')
    const common = { ruby: null, rubygems: null }
    expect(value(await rubygems.info('demo'))).toEqual([
      { number: '0.9', platform: 'java', sha: null, createdAt: minutesAgo(5), dependencies: [], ...common },
      {
        number: '1.0',
        platform: 'ruby',
        sha: 'a'.repeat(64),
        createdAt: minutesAgo(1),
        dependencies: [{ name: 'rack', requirements: ['>= 1', '< 2'] }],
        ...common,
      },
    ])
    api.yank('demo', '1.0')
    api.yank('demo', '0.9', { platform: 'java' })
    expect(value(await rubygems.info('demo'))).toEqual([])
    expect(problem(await rubygems.info('nothing'))).toMatchObject({
      code: 'not_found',
      text: 'This gem could not be found',
    })
  })

  it('reads downloads and names that are being typed', async () => {
    api.push('rails', '8.0.0', minutesAgo(1), { downloads: 9, version_downloads: 4 })
    expect(value(await rubygems.versionDownloads('rails-8.0.0'))).toEqual({ total: 9, version: 4 })
    expect(value(await rubygems.autocomplete('rai'))).toEqual(['rails'])
  })
})

describe('the files of the index', () => {
  beforeEach(() => {
    api.push('rails', '8.0.0', minutesAgo(2))
    api.push('rack', '3.0', minutesAgo(1))
  })
  const files = ['/versions', '/names', '/info/rails']

  it.each(files)('%s comes with what proves it, and only when it is new', async (path) => {
    const whole = await api.ask(path)
    const sha256 = createHash('sha256').update(whole.body).digest('base64')
    const headers = {
      'Cache-Control': 'max-age=60, public',
      ETag: `"${md5(whole.body)}"`,
      'Repr-Digest': `sha-256=:${sha256}:`,
      'Accept-Ranges': 'bytes',
      'X-Content-Type-Options': 'nosniff',
    }
    expect(whole).toEqual({
      status: 200,
      headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers },
      body: whole.body,
    })
    for (const held of [headers.ETag, `W/${headers.ETag}`, `"x", ${headers.ETag}`, '*'])
      expect(await api.ask(path, { 'If-None-Match': held, Range: 'bytes=5-' })).toEqual({
        status: 304,
        headers,
        body: '',
      })
    expect((await api.ask(path, { 'If-None-Match': '"x"' })).body).toBe(whole.body)
    expect(await api.ask(path, {}, 'HEAD')).toEqual({ ...whole, body: '' })
    expect((await api.ask(path, { Range: 'bytes=5-' }, 'HEAD')).status).toBe(200)
    expect((await api.ask(path, {}, 'POST')).body).toBe('nothing here')
  })

  it.each(files)('%s is given in parts', async (path) => {
    const whole = (await api.ask(path)).body
    const ask = (range: string, more: Record<string, string> = {}) => api.ask(path, { Range: range, ...more })
    for (let from = 0; from < whole.length; from += 1) {
      const part = await ask(`bytes=${from}-`)
      expect([part.status, part.body]).toEqual([206, whole.slice(from)])
      expect(part.headers['Content-Range']).toBe(`bytes ${from}-${whole.length - 1}/${whole.length}`)
    }
    expect(await ask('bytes=3-6')).toMatchObject({
      status: 206,
      body: whole.slice(3, 7),
      headers: { 'Content-Range': `bytes 3-6/${whole.length}`, ETag: `"${md5(whole)}"` },
    })
    expect((await ask('bytes=-4')).body).toBe(whole.slice(-4))
    expect(await ask(`bytes=${whole.length}-`)).toMatchObject({
      status: 416,
      body: '',
      headers: { 'Content-Range': `bytes */${whole.length}`, 'Cache-Control': 'no-cache' },
    })
    for (const range of ['bytes=1-2,4-5', 'bytes=9-1', 'x=1-2'])
      expect(await ask(range)).toMatchObject({ status: 200, body: whole })
    expect((await ask('bytes=3-', { 'If-Range': `"${md5(whole)}"` })).status).toBe(206)
    expect((await ask('bytes=3-', { 'If-Range': '"x"' })).body).toBe(whole)
  })

  it('are not there for what no gem is called', async () => {
    for (const name of ['x', 'Rails', '%ff', '%00', '..', '%2e%2e%2frails', '__proto__'])
      expect(await api.ask(`/info/${name}`)).toMatchObject({
        status: 404,
        body: 'This gem could not be found',
        headers: { 'Cache-Control': 'no-cache' },
      })
    for (const path of ['/info', '/info/', '/info/rails/x', '/versions/x', '/versions.json', '/names.txt'])
      expect((await api.ask(path)).body).toBe('nothing here')
  })

  it('name the gems that have a live release, sorted', async () => {
    const names = async () => (await api.ask('/names')).body
    expect(await names()).toBe('---\nrack\nrails\n')
    api.push('Zebra', '1.0', minutesAgo(1))
    api.push('a-b', '1.0', minutesAgo(1))
    api.yank('rack', '3.0')
    expect(await names()).toBe('---\nZebra\na-b\nrails\n')
    expect(await names()).toBe(await names())
    for (const name of ['Zebra', 'a-b']) api.yank(name, '1.0')
    api.yank('rails', '8.0.0')
    expect(await names()).toBe('---\n')
  })

  it('are made again after they could not be', async () => {
    const { catalog } = api.temp.ledger
    let failures = 1
    const broken = await openStage({
      ...catalog,
      liveGems(after, limit) {
        if (failures-- > 0) throw new Sqlite.SqliteError('disk I/O error', 'SQLITE_IOERR')
        return catalog.liveGems(after, limit)
      },
    })
    expect((await broken.ask('/names')).status).toBe(503)
    expect((await broken.ask('/names')).body).toBe('---\nrack\nrails\n')
    await broken.close()
  })

  it('say so while the index cannot be written, and go on afterwards', async () => {
    let isFull = true
    const { catalog } = api.temp.ledger
    const broken = await openStage({
      indexedUpTo: catalog.indexedUpTo,
      liveGems: catalog.liveGems,
      lastPosition: catalog.lastPosition,
      ofGem: catalog.ofGem,
      release: catalog.release,
      unindexed: (limit) => (isFull ? { releases: [], position: 1 } : catalog.unindexed(limit)),
      index(entries, position) {
        if (isFull) throw new Sqlite.SqliteError('database or disk is full', 'SQLITE_FULL')
        catalog.index(entries, position)
      },
    })
    for (const path of ['/versions', '/names'])
      expect(await broken.ask(path)).toMatchObject({
        status: 503,
        body: 'The index is currently unavailable. Please try again later.',
      })
    expect(broken.logged).toHaveLength(2)
    expect((await broken.ask('/info/rails')).status).toBe(200)
    isFull = false
    expect((await broken.ask('/names')).body).toBe('---\nrack\nrails\n')
    await broken.close()
  })
})
