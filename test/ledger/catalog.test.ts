import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/about.js'
import type { GemEntry } from '../../src/ledger/catalog.js'
import { openLedger } from '../../src/ledger/ledger.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import { payloadOf } from '../helpers/webhooks.js'

let temp: TempLedger

beforeEach(() => {
  temp = openTempLedger()
})

afterEach(() => temp.remove())

const day = 86_400_000

/** What a payload may say of a release's creation, and what is made of it. */
const claims: [claim: unknown, createdAt: number][] = [
  ['2026-08-30T09:12:44.101Z', Date.UTC(2026, 7, 30, 9, 12, 44, 101)],
  ['2026-08-30T09:12:44Z', Date.UTC(2026, 7, 30, 9, 12, 44)],
  ['2026-08-30T11:12:44.101+02:00', Date.UTC(2026, 7, 30, 9, 12, 44, 101)],
  ['2009-07-25T18:02:12.000Z', Date.UTC(2009, 6, 25, 18, 2, 12)],
  [new Date(testTime + 59_000).toISOString(), testTime + 59_000],
  [new Date(testTime + 61_000).toISOString(), testTime],
  ['9999-12-31T23:59:59Z', testTime],
  ['1980-01-02T00:00:00.000Z', testTime],
  ['2026-08-30', testTime],
  ['2026-13-30T09:12:44Z', testTime],
  ['now', testTime],
  ['', testTime],
  [1788000000000, testTime],
  [2461283.5, testTime],
  [null, testTime],
  [undefined, testTime],
  [{ toString: 1 }, testTime],
  [['2026-08-30T09:12:44.101Z'], testTime],
]

describe('when a release was created', () => {
  it.each(claims)('is taken from %j', (claim, createdAt) => {
    temp.arrive({ version_created_at: claim })
    expect(temp.ledger.catalog.ofGem('gemherald-demo')).toMatchObject([{ createdAt }])
  })

  it('stays what it was when the release is yanked', () => {
    temp.arrive({ version_created_at: '2026-08-30T09:12:44.101Z' })
    temp.arrive({ version_created_at: '2026-08-31T09:12:44.101Z', yanked: true }, testTime + 5)
    expect(temp.ledger.catalog.ofGem('gemherald-demo')).toMatchObject([
      { createdAt: Date.UTC(2026, 7, 30, 9, 12, 44, 101), yanked: true },
    ])
  })

  it('is found out for releases of a ledger from before it was kept', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gemherald-ledger-'))
    const old = openFirstLedger(folder)
    const add = old.transaction((payload: Buffer, number: string, yanked: number) => {
      const event = old
        .prepare(
          `INSERT INTO events (kind, gem_name, number, platform, payload, received_at, fanned_out_at)
           VALUES ('pushed', 'old', ?, 'ruby', ?, ?, 1)`,
        )
        .run(number, payload, testTime).lastInsertRowid
      old
        .prepare(
          `INSERT INTO releases (gem_name, number, platform, yanked, event_id, first_seen_at)
           VALUES ('old', ?, 'ruby', ?, ?, ?)`,
        )
        .run(number, yanked, event, testTime)
    })
    claims.forEach(([claim], i) => {
      add(payloadOf({ name: 'old', version: `1.${i}`, version_created_at: claim }), `1.${i}`, 0)
    })
    add(Buffer.from([0, 255, 1]), '2', 1)
    old.close()

    const opened = openLedger(folder)
    if (!opened.ok) throw new Error(opened.problem.message)
    const ledger = opened.value
    expect(ledger.catalog.ofGem('old').map(({ createdAt }) => createdAt)).toEqual([
      ...claims.map(([, createdAt]) => createdAt),
      testTime,
    ])
    expect(ledger.catalog.unindexed(1)?.position).toBe(1)
    ledger.close()
    rmSync(folder, { recursive: true })
  })
})

describe('releases', () => {
  it('come with their last payload', () => {
    temp.arrive({ name: 'a', downloads: 1 })
    temp.arrive({ name: 'a', downloads: 2, yanked: true })
    const [release] = temp.ledger.catalog.ofGem('a')
    expect(temp.ledger.catalog.release(release?.id ?? 0)).toEqual({
      id: release?.id,
      gemName: 'a',
      number: '1.4.2',
      platform: 'ruby',
      yanked: true,
      createdAt: Date.UTC(2026, 7, 30, 9, 12, 44, 101),
      payload: payloadOf({ name: 'a', downloads: 2, yanked: true }),
    })
    expect(() => temp.ledger.catalog.release(99)).toThrow('release 99')
  })

  it('tell when something last happened to them', () => {
    temp.arrive({ name: 'a', version: '1.0' }, testTime)
    temp.arrive({ name: 'a', version: '2.0' }, testTime + 1)
    temp.arrive({ name: 'a', version: '1.0', yanked: true }, testTime + 2)
    temp.arrive({ name: 'b' }, testTime + 3)
    const { catalog } = temp.ledger
    expect(catalog.ofGem('a').map(({ changedAt }) => changedAt)).toEqual([testTime + 2, testTime + 1])
    expect(catalog.ofGem('b').map(({ changedAt }) => changedAt)).toEqual([testTime + 3])
  })
})

describe('justUpdated', () => {
  it('looks back over the newest 10,000 releases, and no further', () => {
    const arrivals = Array.from({ length: 10_010 }, (_, i) => ({
      gemName: i < 2 ? 'twice' : `once-${i}`,
      number: `1.${i}`,
      platform: 'ruby',
      yanked: false,
      payload: Buffer.from('{}'),
      receivedAt: testTime + i,
      createdAt: testTime + i,
      source: 'webhook' as const,
      toCheck: false,
    }))
    temp.ledger.arrivals.record(arrivals.slice(0, 10_000))
    expect(temp.ledger.catalog.justUpdated(0, 50)).toHaveLength(2)
    temp.ledger.arrivals.record(arrivals.slice(10_000))
    expect(temp.ledger.catalog.justUpdated(0, 50)).toHaveLength(0)
  })
})

describe('the index of gems', () => {
  const entry = (changes: Partial<GemEntry>): GemEntry => ({
    name: 'gemherald-demo',
    createdAt: testTime - day,
    releaseId: 1,
    live: true,
    stable: true,
    downloads: 0,
    words: 'gemherald-demo',
    ...changes,
  })

  it('says what it lacks, each release once, from the oldest change on', () => {
    const { catalog } = temp.ledger
    const lacks = (limit: number) => {
      const unindexed = catalog.unindexed(limit)
      return [unindexed?.releases.map(({ gemName, number }) => `${gemName} ${number}`), unindexed?.position]
    }
    expect(catalog.unindexed(10)).toBeUndefined()
    temp.arrive({ name: 'a', version: '1.0' })
    temp.arrive({ name: 'b', version: '1.0' })
    temp.arrive({ name: 'a', version: '2.0' })
    expect(lacks(2)).toEqual([['a 1.0', 'b 1.0'], 2])
    expect(lacks(10)).toEqual([['a 1.0', 'b 1.0', 'a 2.0'], 3])
    catalog.index([], 2)
    expect(lacks(10)).toEqual([['a 2.0'], 3])
    temp.arrive({ name: 'a', version: '1.0', yanked: true })
    expect(lacks(10)).toEqual([['a 2.0', 'a 1.0'], 4])
    temp.reopen()
    temp.ledger.catalog.index([], 4)
    expect(temp.ledger.catalog.unindexed(10)).toBeUndefined()
  })

  it('keeps one entry for each gem', () => {
    const { catalog } = temp.ledger
    temp.arrive()
    catalog.index([entry({ words: 'before' })], 1)
    catalog.index([entry({ words: 'after' })], 1)
    expect(catalog.search('x', ['before'], 9, 0)).toEqual([])
    expect(catalog.search('x', ['after'], 9, 0)).toMatchObject([{ gemName: 'gemherald-demo' }])
    catalog.index([entry({ words: 'after', live: false })], 1)
    expect(catalog.search('x', ['after'], 9, 0)).toEqual([])
    expect(catalog.ofNewestGems(9)).toMatchObject([{ gemName: 'gemherald-demo' }])
    catalog.index([entry({ stable: false })], 1)
    expect(catalog.ofNewestGems(9)).toEqual([])
  })
})

/** A ledger as the first version of gemherald left it. */
function openFirstLedger(folder: string): Sqlite.Database {
  const migrations = join(packageRoot, 'migrations')
  const { entries } = JSON.parse(readFileSync(join(migrations, 'meta/_journal.json'), 'utf8'))
  const first = entries[0]
  const old = new Sqlite(join(folder, 'ledger.db'))
  old.exec(readFileSync(join(migrations, `${first.tag}.sql`), 'utf8'))
  old.exec(
    'CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)',
  )
  old.prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)').run('', first.when)
  return old
}
