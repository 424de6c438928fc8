import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { faults, type OrgFault } from '../helpers/rubygems-org.js'
import { until } from '../helpers/wait.js'
import { jsonAnswer, start } from '../rubygems/stage.js'
import { type ConfirmStage, setConfirmStage, silence } from './stage.js'

let stage: ConfirmStage
beforeEach(async () => {
  stage = await setConfirmStage()
})
afterEach(() => stage.close())

const demo = { name: 'demo', version: '1.0', sha: null }
const releases = () =>
  stage.temp
    .query<{ name: string }>(
      `SELECT gem_name || ' ' || number || ' ' || platform || CASE yanked WHEN 1 THEN ' yanked' ELSE '' END AS name
       FROM releases ORDER BY id`,
    )
    .map(({ name }) => name)
const confirmations = () =>
  stage.temp
    .query<{ confirmation: string | null }>('SELECT confirmation FROM events ORDER BY id')
    .map(({ confirmation }) => confirmation)

/** Tells the ledger of a release that is live at the upstream, as if it had been confirmed long ago. */
const haveLive = () => {
  stage.org.push('demo', '1.0')
  stage.temp.arrive(demo, stage.time - 3_600_000)
  stage.temp.fanOut(stage.time)
}

describe.each(['prefer', 'require'] as const)('with CONFIRM=%s', (mode) => {
  it('a true push is told at once, with the upstream’s links and time instead of the body’s', async () => {
    stage.org.push('demo', '1.0', { facts: { homepage_uri: 'https://demo.example/' }, createdAt: start - 5 })
    const { eventId } = stage.claim({ ...demo, homepage_uri: 'https://evil.example/', downloads: 9 })
    let woken = 0
    stage.confirm(mode, { wake: () => woken++ })
    await stage.settled()
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby'])
    expect(woken).toBe(1)
    const payloads = [
      stage.temp.ledger.deliveries.eventFacts(eventId)?.payload,
      stage.temp.ledger.releases.payload(eventId),
    ]
    for (const payload of payloads)
      expect(JSON.parse(String(payload))).toMatchObject({
        homepage_uri: 'https://demo.example/',
        downloads: 1167,
      })
    expect(stage.temp.query('SELECT created_at FROM releases')).toEqual([{ created_at: start - 5 }])
    expect(stage.warnings()).toEqual([])
  })

  it('a forged push is never told, and does not stand in the way of the true one', async () => {
    stage.claim(demo)
    stage.confirm(mode)
    await stage.settled()
    expect(stage.event(1)).toMatchObject({ confirmation: null, check_at: start + 65_000 })
    expect(stage.warnings()).toEqual([
      '1: event held: the upstream says otherwise, and is asked again in a minute',
    ])
    await stage.pass(64_999)
    expect(stage.event(1).confirmation).toBeNull()
    await stage.pass(1)
    expect(stage.event(1)).toMatchObject({
      confirmation: 'refuted',
      doubt: 'The upstream has no such version.',
      check_at: null,
    })
    expect(stage.warnings()).toHaveLength(2)
    expect([stage.told(), releases()]).toEqual([[], []])

    stage.org.push('demo', '1.0')
    expect(stage.claim(demo)).toEqual({ status: 'pushed', eventId: 2 })
    await stage.settled()
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby'])
  })

  it('a genuine header with another body does not yank what is live', async () => {
    haveLive()
    expect(stage.claim({ ...demo, yanked: true }).status).toBe('yanked')
    stage.confirm(mode)
    await stage.settled()
    await stage.pass(65_000)
    expect(stage.event(2)).toMatchObject({ kind: 'yanked', confirmation: 'refuted' })
    expect([stage.told(), releases()]).toEqual([['pushed demo 1.0 ruby'], ['demo 1.0 ruby']])
  })

  it.each([
    ['for another platform', { platform: 'java' }],
    ['with another file', { sha: 'cd'.repeat(32) }],
    ['for another gem and number of the same digest', { name: 'demo1', version: '2.0' }],
  ])('nor tells it %s', async (_, changes) => {
    stage.org.push('demo', '1.0')
    stage.org.push('demo', '12.0')
    stage.claim({ ...demo, ...changes })
    stage.confirm(mode)
    await stage.settled()
    await stage.pass(65_000)
    expect(confirmations()).toEqual(['refuted'])
    expect([stage.told(), releases()]).toEqual([[], []])
  })

  it('bodies that are replayed while a false yank waits make no news, and few questions', async () => {
    const { sha } = stage.org.push('demo', '1.0')
    stage.confirm(mode)
    stage.claim({ ...demo, sha })
    await stage.settled()
    for (let round = 0; round < 20; round++) {
      stage.claim({ ...demo, yanked: true })
      if (round > 0) await stage.settled()
      stage.claim({ ...demo, sha })
      await stage.settled()
    }
    await stage.pass(65_000)
    expect(confirmations()).toEqual(['confirmed', 'refuted', 'redundant'])
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby'])
    expect(releases()).toEqual(['demo 1.0 ruby'])
    expect(stage.org.count('/api/v2/rubygems/demo/versions/1.0.json')).toBe(4)
  })

  it('bodies that are replayed after a yank make no second one', async () => {
    haveLive()
    stage.org.yank('demo', '1.0')
    stage.confirm(mode)
    for (let round = 0; round < 3; round++) {
      stage.claim({ ...demo, yanked: true })
      await stage.settled()
      stage.claim(demo)
      await stage.settled()
    }
    await stage.pass(65_000)
    expect(confirmations().slice(1)).toEqual(['confirmed', 'refuted'])
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby', 'yanked demo 1.0 ruby'])
    expect(releases()).toEqual(['demo 1.0 ruby yanked'])
  })

  it('a forged body that comes first does not swallow the genuine one', async () => {
    const { sha } = stage.org.push('demo', '1.0')
    stage.claim({ ...demo, sha: 'cd'.repeat(32) })
    stage.confirm(mode)
    await stage.settled()
    expect(stage.claim({ ...demo, sha })).toEqual({ status: 'pushed', eventId: 2 })
    await stage.settled()
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby'])
    await stage.pass(65_000)
    expect(confirmations()).toEqual(['refuted', 'confirmed'])
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby'])
  })

  it('what catching up finds meanwhile is told at once, and nobody is asked about it again', async () => {
    stage.claim(demo)
    stage.confirm(mode)
    await stage.settled()
    const release = stage.org.push('demo', '1.0', { facts: { homepage_uri: 'https://demo.example/' } })
    const before = stage.org.count()
    stage.temp.ledger.arrivals.record([
      {
        gemName: 'demo',
        number: '1.0',
        platform: 'ruby',
        yanked: false,
        payload: Buffer.from(JSON.stringify(stage.org.payloadOf(release))),
        receivedAt: stage.time,
        createdAt: stage.time,
        source: 'catch-up',
        toCheck: false,
      },
    ])
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby'])
    await stage.pass(65_000)
    expect(confirmations()).toEqual(['confirmed'])
    expect(JSON.parse(String(stage.temp.ledger.releases.payload(1)))).toMatchObject({
      homepage_uri: 'https://demo.example/',
    })
    expect(stage.org.count()).toBe(before)
  })

  it('a clock that is set back leaves nothing waiting', async () => {
    stage.claim(demo)
    stage.confirm(mode)
    await stage.settled()
    stage.org.push('demo', '1.0')
    stage.time -= 24 * 3_600_000
    await stage.settled()
    expect(confirmations()).toEqual(['confirmed'])
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby'])
  })

  it('a true yank is told, of what was live here and of what never was', async () => {
    haveLive()
    stage.org.push('demo', '2.0')
    stage.org.yank('demo', '1.0')
    stage.org.yank('demo', '2.0')
    stage.claim({ ...demo, yanked: true, info: 'what the body says' })
    stage.claim({ ...demo, version: '2.0', yanked: true })
    stage.confirm(mode)
    await stage.settled()
    expect(confirmations().slice(1)).toEqual(['confirmed', 'confirmed'])
    expect(releases()).toEqual(['demo 1.0 ruby yanked', 'demo 2.0 ruby yanked'])
    // The upstream shows nothing of it any more, and the body proves nothing.
    expect(JSON.parse(String(stage.temp.ledger.releases.payload(2))).info).not.toBe('what the body says')
  })

  it('a push that was yanked meanwhile is not told, its yank is', async () => {
    stage.org.push('demo', '1.0')
    stage.org.yank('demo', '1.0')
    stage.claim(demo)
    expect(stage.claim({ ...demo, yanked: true }).status).toBe('yanked')
    stage.confirm(mode)
    await stage.settled()
    await stage.pass(65_000)
    expect(stage.event(1)).toMatchObject({
      confirmation: 'refuted',
      doubt: 'The upstream has it yanked.',
    })
    expect(stage.told()).toEqual(['yanked demo 1.0 ruby'])
    expect(releases()).toEqual(['demo 1.0 ruby yanked'])
  })

  it('a page of the upstream that is a minute old delays what is true, and loses nothing', async () => {
    haveLive()
    stage.claim({ ...demo, yanked: true })
    stage.claim({ ...demo, version: '2.0' })
    stage.confirm(mode)
    await stage.settled()
    expect(confirmations().slice(1)).toEqual([null, null])
    stage.org.yank('demo', '1.0')
    stage.org.push('demo', '2.0')
    await stage.pass(65_000)
    expect(confirmations().slice(1)).toEqual(['confirmed', 'confirmed'])
  })

  it('what was contradicted once is not told for want of an answer, whatever ends in between', async () => {
    stage.claim(demo)
    stage.confirm(mode)
    await stage.settled()
    await stage.stop()
    stage.temp.reopen()
    for (const fault of [faults.serverError, faults.throttled(), faults.webPage, faults.garbage]) {
      stage.org.fail(fault)
      stage.confirm(mode)
      await stage.pass(65_000)
      expect(stage.event(1)).toMatchObject({ confirmation: null, check_at: stage.time + 60_000 })
      await stage.stop()
      stage.temp.reopen()
      stage.org.mend()
    }
    expect(stage.told()).toEqual([])
    stage.confirm(mode)
    await stage.pass(60_000)
    expect(stage.event(1)).toMatchObject({ confirmation: 'refuted' })
  })

  it('a second look that comes too early is not the last, nor told to the operator', async () => {
    stage.claim(demo)
    stage.confirm(mode)
    await stage.settled()
    stage.time += 30_000
    // As when catching up has heard of it, too.
    stage.temp.change('UPDATE events SET check_at = ?', stage.time)
    await stage.settled()
    expect(stage.event(1)).toMatchObject({ confirmation: null, checks: 2, check_at: start + 95_000 })
    expect(stage.warnings()).toHaveLength(1)
  })

  it('a contradiction is final at once when the claim is old already', async () => {
    stage.claim(demo)
    stage.time += 60_000
    stage.confirm(mode)
    await stage.settled()
    expect(stage.event(1)).toMatchObject({ confirmation: 'refuted' })
  })

  it('asks about as many at a time as may be asked in a second, the longest due first', async () => {
    const numbers = Array.from({ length: 30 }, (_, index) => `1.${index}`)
    for (const version of numbers) {
      stage.org.push('demo', version)
      stage.claim({ ...demo, version })
    }
    let asking = 0
    let most = 0
    const order: string[] = []
    const client = stage.client()
    stage.confirm(mode, {
      rubygems: {
        ...client,
        async release(one, options) {
          order.push(one.number)
          most = Math.max(most, ++asking)
          const answer = await client.release(one, options)
          asking--
          return answer
        },
      },
    })
    await stage.settled()
    expect(most).toBe(4)
    expect(order).toEqual(numbers)
    expect(new Set(confirmations())).toEqual(new Set(['confirmed']))
  })

  it.each([
    ['prefer', 'unconfirmed'],
    ['require', 'confirmed'],
  ] as const)('of a crowd, %s has the last ones %s', async (mode, expected) => {
    const numbers = Array.from({ length: 150 }, (_, i) => `1.${i}`)
    stage.confirm(mode)
    for (const number of numbers) {
      stage.org.push('demo', number)
      stage.claim({ ...demo, version: number })
    }
    await stage.settled()
    expect(stage.told()).toHaveLength(150)
    expect(confirmations()[0]).toBe('confirmed')
    expect(confirmations().at(-1)).toBe(expected)
    if (mode === 'prefer')
      expect(stage.event(150).doubt).toBe('Too many claims waited for the upstream to be asked.')
  })

  it('a crowd of claims that take two questions each is answered in time', async () => {
    stage.confirm(mode)
    for (let number = 1; number <= 30; number++) stage.claim({ ...demo, version: `${number}`, yanked: true })
    await stage.settled()
    expect(stage.told()).toEqual([])
    expect(stage.temp.query('SELECT id FROM events WHERE contradicted_at IS NOT NULL')).toHaveLength(30)
  })

  it('a flood over platforms with one genuine header tells nothing', async () => {
    stage.org.push('demo', '1.0')
    stage.confirm('prefer')
    for (let i = 0; i < 200; i++) stage.offer({ ...demo, platform: `p${i}` })
    await stage.settled()
    for (let second = 0; second < 90; second++) await stage.pass(1_000)
    expect(stage.told()).toEqual([])
    expect(new Set(confirmations())).not.toContain('unconfirmed')
  })

  it('what waited while nobody ran is asked about', async () => {
    stage.org.push('demo', '1.0')
    stage.claim(demo)
    stage.time += 3_600_000
    stage.confirm('prefer')
    await stage.settled()
    expect(confirmations()).toEqual(['confirmed'])
  })

  it('storage trouble is logged, and what could not be written is tried again', async () => {
    stage.org.push('demo', '1.0')
    stage.claim(demo)
    const { claims } = stage.temp.ledger
    let left = 2
    const settle: typeof claims.settle = (...args) => {
      if (left-- > 0) throw new Sqlite.SqliteError('database or disk is full', 'SQLITE_FULL')
      return claims.settle(...args)
    }
    stage.confirm(mode, { ledger: { claims: { ...claims, settle } } })
    await stage.settled()
    expect(confirmations()).toEqual(['confirmed'])
    expect(stage.logs.filter(({ level }) => level === 50)).toHaveLength(2)
  })

  it('a bug ends the process, as it does everywhere', async () => {
    stage.claim(demo)
    const runners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    const fatal = new Promise((resolve) => process.once('unhandledRejection', resolve))
    const bug = new Error('a bug')
    const confirmer = stage.confirm(mode, {
      rubygems: { ...stage.client(), release: () => Promise.reject(bug) },
    })
    expect(await fatal).toBe(bug)
    for (const runner of runners) process.on('unhandledRejection', runner)
    await confirmer.stop()
  })

  it('whoever stops while it asks leaves the claim for the next start', async () => {
    stage.org.push('demo', '1.0')
    stage.claim(demo)
    stage.org.fail('hang')
    const abort = new AbortController()
    const confirmer = stage.confirm(mode, { rubygems: stage.client({ signal: abort.signal }) })
    await stage.org.requests.waitFor(1)
    const stopped = confirmer.stop()
    abort.abort()
    await stage.org.closePort()
    await stopped
    expect(stage.event(1)).toMatchObject({ confirmation: null, check_at: start, checks: 0 })
    await stage.org.openPort()
    stage.org.mend()
    stage.confirm(mode)
    await stage.settled()
    expect(confirmations()).toEqual(['confirmed'])
  })
})

const answers: [string, OrgFault][] = [
  ['answers 500', faults.serverError],
  ['answers 503', faults.unavailable(30)],
  ['answers 429', faults.throttled(30)],
  ['shows a web page', faults.webPage],
  ['answers garbage', faults.garbage],
  ['lacks this part of the API', jsonAnswer('{"status":404,"error":"Not Found"}', 404)],
  ['answers half', faults.halfTheBody],
  ['hangs up', 'drop'],
]

describe('with CONFIRM=prefer', () => {
  it.each(answers)('what an upstream that %s cannot confirm is told as unconfirmed', async (_, fault) => {
    stage.org.push('demo', '1.0')
    stage.org.fail(fault)
    const { eventId } = stage.claim({ ...demo, info: 'what the body says' })
    stage.confirm('prefer')
    await stage.settled()
    const { confirmation, doubt, facts } = stage.event(eventId)
    expect({ confirmation, facts }).toEqual({ confirmation: 'unconfirmed', facts: null })
    expect(doubt).toContain('/api/v2/rubygems/demo/versions/1.0.json')
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby'])
    expect(stage.time).toBeLessThanOrEqual(start + 2_000)
  })

  it('a silent upstream delays a burst once, is left alone for 10 s, and is asked by one then', async () => {
    const outbound = silence(stage)
    for (let version = 0; version < 200; version++) stage.claim({ ...demo, version: `${version}` })
    stage.confirm('prefer', { rubygems: stage.client({ outbound }) })
    await stage.settled()
    expect(stage.told()).toHaveLength(200)
    expect(new Set(confirmations())).toEqual(new Set(['unconfirmed']))
    expect(outbound.asked).toHaveLength(4)
    expect(stage.time).toBe(start + 2_000)
    expect(stage.warnings()).toHaveLength(1)

    stage.time += 9_999
    stage.claim({ ...demo, version: '9.0' })
    await stage.settled()
    expect(outbound.asked).toHaveLength(4)

    stage.time += 1
    for (const version of ['9.1', '9.2', '9.3']) stage.claim({ ...demo, version })
    await stage.settled()
    expect(outbound.asked).toHaveLength(5)
    expect(stage.warnings()).toHaveLength(1)
  })

  it('what was contradicted stays held while the upstream is silent', async () => {
    stage.claim(demo)
    stage.confirm('prefer')
    await stage.settled()
    await stage.org.closePort()
    await stage.pass(65_000)
    stage.claim({ ...demo, version: '2.0' })
    await stage.settled()
    expect(confirmations()).toEqual([null, 'unconfirmed'])
    expect(stage.event(1)).toMatchObject({ check_at: stage.time + 60_000 })
    await stage.org.openPort()
    await stage.pass(60_000)
    expect(confirmations()).toEqual(['refuted', 'unconfirmed'])
    expect(stage.logs.map(({ msg }) => msg)).toContain('the upstream can be reached again')
  })
})

describe('with CONFIRM=require', () => {
  it.each(answers)('what an upstream that %s cannot confirm is held until it can', async (_, fault) => {
    stage.org.push('demo', '1.0')
    stage.org.fail(fault)
    stage.claim(demo)
    stage.confirm('require')
    await stage.settled()
    for (let hour = 1; hour <= 24; hour++) {
      await stage.pass(3_600_000)
      expect(stage.event(1).checks).toBeGreaterThan(hour)
    }
    expect(stage.told()).toEqual([])
    expect(stage.warnings().filter((line) => line.startsWith('1:'))).toEqual([
      '1: event held until it can be confirmed',
    ])
    stage.org.mend()
    await stage.pass(300_000)
    expect(stage.event(1)).toMatchObject({ confirmation: 'confirmed', doubt: null })
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby'])
  })

  it('waits twice as long each time, five minutes at most, across restarts', async () => {
    stage.org.fail(faults.serverError)
    stage.claim(demo)
    stage.confirm('require')
    const waits: number[] = []
    for (let check = 1; check <= 8; check++) {
      await stage.settled()
      expect(stage.event(1).checks).toBe(check)
      const next = stage.event(1).check_at ?? 0
      waits.push((next - stage.time) / 1000)
      await stage.stop()
      stage.temp.reopen()
      stage.time = next
      stage.confirm('require')
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300])
  })

  it('leaves a silent upstream alone for 10 s, and loses nothing of a burst', async () => {
    await stage.org.closePort()
    for (let version = 0; version < 20; version++) {
      stage.org.push('demo', `${version}`)
      stage.claim({ ...demo, version: `${version}` })
    }
    stage.confirm('require')
    const asked = () => stage.temp.query('SELECT id FROM events WHERE checks > 0').length
    await until('some were asked about', () => asked() === 4)
    expect(stage.told()).toEqual([])
    await stage.org.openPort()
    stage.time += 10_000
    await stage.settled()
    expect(asked()).toBe(20)
    await stage.pass(10_000)
    expect(stage.told()).toHaveLength(20)
  })
})

describe('with CONFIRM=off', () => {
  it('what still waits is told as unconfirmed at once, and nobody is asked', async () => {
    stage.org.fail(faults.serverError)
    stage.claim(demo)
    stage.confirm('require')
    await stage.settled()
    await stage.stop()
    stage.temp.reopen()
    for (let version = 2; version < 122; version++) stage.claim({ ...demo, version: `${version}` })
    const before = stage.org.count()
    stage.confirm('off')
    await until('nothing waits', () => stage.temp.ledger.claims.count() === 0)
    expect(stage.org.count()).toBe(before)
    expect(stage.event(1)).toMatchObject({
      confirmation: 'unconfirmed',
      doubt: 'It was not checked: CONFIRM=off.',
    })
    expect(new Set(confirmations())).toEqual(new Set(['unconfirmed']))
    expect(stage.told()).toHaveLength(121)
  })

  it('what was contradicted is asked about to the end, and holds nothing else up', async () => {
    for (let version = 1; version <= 60; version++) stage.claim({ ...demo, version: `${version}` })
    stage.confirm('require')
    await stage.settled()
    await stage.stop()
    stage.temp.reopen()
    stage.org.push('demo', '7')
    stage.temp.change('UPDATE events SET check_at = ? WHERE id > 2', stage.time + 300_000)
    stage.claim({ ...demo, version: '61' })
    stage.temp.change('UPDATE events SET check_at = ? WHERE id = 61', stage.time + 400_000)
    const before = stage.org.count()
    stage.confirm('off')
    await until('it is told', () => stage.event(61).confirmation === 'unconfirmed')
    expect([stage.told(), stage.org.count()]).toEqual([['pushed demo 61 ruby'], before])
    await stage.pass(65_000)
    await stage.pass(235_000)
    expect(stage.event(1)).toMatchObject({
      confirmation: 'refuted',
      doubt: 'The upstream has no such version.',
    })
    expect(stage.event(7)).toMatchObject({ confirmation: 'confirmed' })
    expect(stage.told()).toEqual(['pushed demo 61 ruby', 'pushed demo 7 ruby'])
  })
})
