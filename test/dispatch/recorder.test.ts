import Sqlite from 'better-sqlite3'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPace, type Pace } from '../../src/dispatch/pace.js'
import { createRecorder, type Recorder } from '../../src/dispatch/recorder.js'
import type { Lease } from '../../src/ledger/deliveries.js'
import type { Outcomes } from '../../src/ledger/outcomes.js'
import { openTempLedger, outcomeOf, type TempLedger, testTime } from '../helpers/temp-ledger.js'

let temp: TempLedger
const ahead = 86_400_000
let pace: Pace
let recorder: Recorder
let commits: number[]
let woken: number
let logs: Record<string, unknown>[]
let record: Outcomes['record']
beforeEach(() => {
  temp = openTempLedger()
  pace = createPace()
  commits = []
  woken = 0
  logs = []
  record = temp.ledger.outcomes.record
  recorder = createRecorder({
    ledger: {
      outcomes: {
        record(outcomes, now, waitFrom) {
          commits.push(outcomes.length)
          return record(outcomes, now, waitFrom)
        },
      },
    },
    pace,
    now: () => testTime,
    steadyNow: () => testTime + ahead,
    log: pino({ level: 'debug' }, { write: (line) => logs.push(JSON.parse(line)) }),
    recorded: () => {
      woken += 1
    },
  })
})
afterEach(() => {
  vi.useRealTimers()
  temp.remove()
})

/** So many deliveries to one webhook, handed out. */
function handOut(count: number): Lease[] {
  temp.hook()
  temp.ledger.together(() => {
    for (let version = 1; version <= count; version += 1) temp.arrive({ version: `${version}` })
  })
  temp.fanOut()
  const leases = temp.due()
  temp.ledger.deliveries.lease(leases, testTime + 1000)
  pace.started(leases, testTime + 1000, testTime)
  return leases
}

const countAttempts = () => temp.query('SELECT number FROM attempts').length
const diskFull = () => new Sqlite.SqliteError('database or disk is full', 'SQLITE_FULL')
const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

describe('the recorder', () => {
  it('resolves once outcomes are on disk, and frees their slots', async () => {
    const leases = handOut(3)
    const taken = recorder.take(leases.map((lease) => outcomeOf(lease)))
    expect(recorder.waiting()).toBe(3)
    expect(countAttempts()).toBe(0)
    await taken
    expect(countAttempts()).toBe(3)
    expect(recorder.waiting()).toBe(0)
    expect(pace.out('webhook')).toBe(0)
    expect(woken).toBe(1)
  })

  it('shares a commit among what comes in at once', async () => {
    await Promise.all(handOut(50).map((lease) => recorder.take([outcomeOf(lease)])))
    expect(commits).toEqual([50])
    expect(countAttempts()).toBe(50)
  })

  it('commits so many at a time, in order', async () => {
    await recorder.take(handOut(600).map((lease) => outcomeOf(lease)))
    expect(commits).toEqual([256, 256, 88])
    expect(countAttempts()).toBe(600)
    expect(woken).toBe(3)
  })

  it('lets retries and rests wait in steady time, whatever the wall clock was set to', async () => {
    const endpointId = temp.hook({ channel: 'slack' })
    temp.arrive()
    temp.fanOut()
    const [lease] = temp.due() as [Lease]
    pace.started([lease], testTime + ahead + 1000, testTime + ahead - 5000)
    await recorder.take([outcomeOf(lease, { verdict: 'retry', statusCode: 503, retryAfterMs: 90_000 })])
    expect(pace.heldUntil(endpointId)).toBe(testTime + ahead + 90_000)
    expect(temp.ledger.deliveries.nextMoment()).toBe(testTime + ahead + 90_000)
  })

  it('takes nothing at once', async () => {
    await recorder.take([])
    expect(commits).toEqual([])
  })

  it('tries every second while the ledger cannot be written, and loses nothing that comes in meanwhile', async () => {
    const [first, second] = handOut(2) as [Lease, Lease]
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    record = () => {
      throw diskFull()
    }
    let done = 0
    const count = () => {
      done += 1
    }
    recorder.take([outcomeOf(first)]).then(count)
    await nextTurn()
    expect(commits).toEqual([1])
    recorder.take([outcomeOf(second)]).then(count)
    await nextTurn()
    expect(commits).toEqual([1])
    vi.advanceTimersByTime(1000)
    expect(commits).toEqual([1, 2])
    expect([done, woken, recorder.waiting(), pace.out('webhook')]).toEqual([0, 0, 2, 2])
    record = temp.ledger.outcomes.record
    vi.advanceTimersByTime(999)
    expect(commits).toHaveLength(2)
    vi.advanceTimersByTime(1)
    await nextTurn()
    expect([done, woken, recorder.waiting(), pace.out('webhook')]).toEqual([2, 1, 0, 0])
    expect(countAttempts()).toBe(2)
    expect(logs.filter(({ level }) => level === 50)).toMatchObject([
      { outcomes: 1, msg: expect.stringContaining('not recorded yet'), err: { code: 'SQLITE_FULL' } },
      { outcomes: 2 },
    ])
  })
})

describe('the log', () => {
  it('says how attempts went', async () => {
    const [good, bad, worse] = handOut(3) as [Lease, Lease, Lease]
    await recorder.take([
      outcomeOf(good),
      outcomeOf(bad, { verdict: 'retry', statusCode: 500, error: 'It answered 500.' }),
      outcomeOf(worse, { verdict: 'dead', statusCode: 410, endpointGone: true }),
    ])
    const { endpointId: endpoint } = good
    expect(logs).toMatchObject([
      { level: 20, msg: 'delivered', delivery: 1, endpoint, attempt: 1, statusCode: 200 },
      { level: 30, msg: 'attempt failed, will try again', delivery: 2, error: 'It answered 500.' },
      { level: 40, msg: 'delivery given up', delivery: 3, statusCode: 410 },
      { level: 40, msg: 'endpoint disabled', endpoint, reason: 'the address answered 410 Gone' },
    ])
  })

  it('says nothing about an outcome that comes twice', async () => {
    const [lease] = handOut(1) as [Lease]
    await recorder.take([outcomeOf(lease)])
    await recorder.take([outcomeOf(lease)])
    expect(logs).toHaveLength(1)
  })
})
