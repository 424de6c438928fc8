import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backUp } from '../../src/ledger/backup.js'
import { openLedger } from '../../src/ledger/ledger.js'
import { restore } from '../../src/ledger/restore.js'
import { openTempLedger, outcomeOf, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import { payloadOf } from '../helpers/webhooks.js'

let temp: TempLedger
let place: string
let file: string
beforeEach(() => {
  temp = openTempLedger()
  temp.hook()
  temp.arrive({ name: 'rails' })
  temp.fanOut()
  place = mkdtempSync(join(tmpdir(), 'gemherald-backup-'))
  file = join(place, 'backup.db')
})
afterEach(() => {
  temp.remove()
  rmSync(place, { recursive: true })
})

const silent = () => {}
const backUpNow = (to = file) => backUp(temp.folder, to, silent)
const failed = (code: string, text: string) => ({
  ok: false,
  problem: { code, message: expect.stringContaining(text) },
})
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

describe('a backup', () => {
  it('is one whole file that only its owner can read', async () => {
    expect(await backUpNow()).toEqual({ ok: true, value: { bytes: statSync(file).size, events: 1 } })
    expect(readdirSync(place)).toEqual(['backup.db'])
    expect(modeOf(file)).toBe('600')
    const copy = new Sqlite(file, { readonly: true })
    expect(copy.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }])
    expect(copy.pragma('journal_mode')).toEqual([{ journal_mode: 'delete' }])
    expect(copy.prepare('SELECT payload FROM events').pluck().all()).toEqual([payloadOf({ name: 'rails' })])
    copy.close()
    expect(readdirSync(place)).toEqual(['backup.db'])
  })

  it('has one moment of a ledger that others write to all the while, and they lose nothing', async () => {
    for (let i = 0; i < 2000; i++) temp.arrive({ name: 'many', version: `1.${i}` })
    let during = 0
    const copied = await backUp(temp.folder, file, () => {
      temp.arrive({ name: 'during', version: `1.${during++}` })
    })
    expect(during).toBeGreaterThan(0)
    expect(copied).toMatchObject({ ok: true, value: { events: 2001 } })
    expect(temp.query('SELECT count(*) AS n FROM events')).toEqual([{ n: 2001 + during }])
  })

  it('tells how far it is', async () => {
    for (let i = 0; i < 2000; i++) temp.arrive({ name: 'many', version: `1.${i}` })
    const told: string[] = []
    await backUp(temp.folder, file, (text) => told.push(text))
    expect(told[0]).toBe('0 %')
    expect(told.every((text) => /^\d\d? %$/.test(text))).toBe(true)
  })

  it('can be made while nobody has the ledger, and leaves that as it is', async () => {
    temp.ledger.close()
    const before = readFileSync(join(temp.folder, 'ledger.db'))
    expect(await backUpNow()).toMatchObject({ ok: true, value: { events: 1 } })
    expect(before.equals(readFileSync(join(temp.folder, 'ledger.db')))).toBe(true)
    temp.reopen()
    expect(temp.query('SELECT id FROM events')).toHaveLength(1)
  })

  it('takes over what a killed one left', async () => {
    for (const suffix of ['', '-journal', '.lock']) writeFileSync(`${file}.part${suffix}`, '')
    expect(await backUpNow()).toMatchObject({ ok: true, value: { events: 1 } })
    expect(readdirSync(place)).toEqual(['backup.db'])
  })

  it('can be made of a ledger of another version', async () => {
    temp.change(`INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('', 9999999999999)`)
    expect(await backUpNow()).toMatchObject({ ok: true })
  })
})

describe('no backup is made', () => {
  it('where a file is', async () => {
    writeFileSync(file, 'precious')
    expect(await backUpNow()).toEqual(failed('conflict', 'is there already'))
    expect(readFileSync(file, 'utf8')).toBe('precious')
  })

  it('where another backup is being written', async () => {
    const both = await Promise.all([backUpNow(), backUpNow()])
    expect(both).toEqual([expect.objectContaining({ ok: true }), failed('conflict', 'backup.db.part')])
    expect(readdirSync(place)).toEqual(['backup.db'])
  })

  it('where a folder has the name that it needs meanwhile', async () => {
    mkdirSync(`${file}.part`)
    expect(await backUpNow()).toEqual(failed('conflict', 'move it away'))
    expect(readdirSync(place)).toEqual(['backup.db.part'])
  })

  it('over a file that came meanwhile', async () => {
    const copied = await backUp(temp.folder, file, () => writeFileSync(file, 'precious'))
    expect(copied).toEqual(failed('conflict', 'is there already'))
    expect(readFileSync(file, 'utf8')).toBe('precious')
    expect(readdirSync(place)).toEqual(['backup.db'])
  })

  it('in a folder that is not there', async () => {
    expect(await backUpNow(join(place, 'missing', 'backup.db'))).toEqual(
      failed('not_found', 'There is no folder'),
    )
    expect(await backUpNow(join(temp.folder, 'ledger.db', 'backup.db'))).toEqual(
      failed('unavailable', 'No backup was made'),
    )
  })

  it('without a ledger', async () => {
    expect(await backUp(place, file, silent)).toEqual(failed('not_found', 'has no ledger'))
    expect(readdirSync(place)).toEqual([])
  })

  it.each([
    ['no database', Buffer.from('no database '.repeat(1000)), 'not a database'],
    ['empty', Buffer.alloc(0), 'no such table'],
  ])('of a file that is %s', async (_, bytes, text) => {
    writeFileSync(join(place, 'ledger.db'), bytes)
    expect(await backUp(place, file, silent)).toEqual(failed('unavailable', text))
    expect(readdirSync(place).filter((name) => name.startsWith('backup'))).toEqual([])
  })

  it('of a damaged ledger', async () => {
    for (let i = 0; i < 200; i++) temp.arrive({ name: 'many', version: `1.${i}` })
    temp.ledger.close()
    damage(join(temp.folder, 'ledger.db'))
    expect(await backUpNow()).toEqual(failed('unavailable', 'damaged'))
    expect(readdirSync(place)).toEqual([])
    rmSync(join(temp.folder, 'ledger.db'))
    temp.reopen()
  })
})

/** Overwrites the content of the table of events, as a bad disk would. */
function damage(path: string): void {
  const database = new Sqlite(path, { readonly: true })
  const root = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'events'").pluck().get()
  const size = database.pragma('page_size', { simple: true })
  database.close()
  const bytes = readFileSync(path)
  bytes.fill(0xff, (Number(root) - 1) * Number(size), Number(root) * Number(size))
  writeFileSync(path, bytes)
}

describe('a restored ledger', () => {
  const target = () => join(place, 'data')
  const restoreTo = (folder = target(), from = file) => restore(folder, from, testTime, silent)
  const aside = 'ledger.db.before-restore-2026-09-01T12-00-00.000Z'

  /** Opens the ledger in a folder, and closes it after the look. */
  function look<T>(folder: string, at: (ledger: TempLedger['ledger']) => T): T {
    const opened = openLedger(folder)
    if (!opened.ok) throw new Error(opened.problem.message)
    try {
      return at(opened.value)
    } finally {
      opened.value.close()
    }
  }

  it('is what was backed up, in a folder that is made, and the backup stays as it is', async () => {
    await backUpNow()
    const before = readFileSync(file)
    expect(await restoreTo()).toEqual({
      ok: true,
      value: {
        bytes: expect.any(Number),
        events: 1,
        ledger: join(target(), 'ledger.db'),
        movedTo: null,
      },
    })
    expect(readdirSync(target()).sort()).toEqual(['ledger.db', 'server.lock'])
    expect([modeOf(target()), modeOf(join(target(), 'ledger.db'))]).toEqual(['700', '600'])
    expect(before.equals(readFileSync(file))).toBe(true)
    look(target(), (ledger) => {
      expect(ledger.installation).toBe(temp.ledger.installation)
      expect(ledger.releases.payload(1)).toEqual(payloadOf({ name: 'rails' }))
      expect(ledger.deliveries.nextDueEndpoint('webhook', 0)).toBe(1)
      expect(ledger.deliveries.due('webhook', 1, 9)).toEqual(temp.due())
    })
    expect(readdirSync(place).sort()).toEqual(['backup.db', 'data'])
  })

  it('never gives a new delivery an id that was given after the backup', async () => {
    await backUpNow()
    temp.arrive({ name: 'rake' })
    temp.fanOut()
    const given = temp.due().map(({ deliveryId }) => deliveryId)
    temp.ledger.close()
    expect(await restoreTo(temp.folder)).toMatchObject({ ok: true })
    temp.reopen()
    temp.arrive({ name: 'rack' })
    temp.fanOut()
    const [kept, fresh] = temp.due()
    expect(kept?.deliveryId).toBe(given[0])
    expect(given).not.toContain(fresh?.deliveryId)
    temp.ledger.outcomes.record([outcomeOf(fresh ?? { deliveryId: 0, attempt: 1 })], testTime, testTime)
  })

  it('does so too when there were no deliveries yet', async () => {
    const empty = openTempLedger()
    await backUp(empty.folder, file, silent)
    empty.remove()
    await restoreTo()
    const id = look(target(), () => {
      const database = new Sqlite(join(target(), 'ledger.db'), { readonly: true })
      const found = database
        .prepare("SELECT seq FROM sqlite_sequence WHERE name = 'deliveries'")
        .pluck()
        .get()
      database.close()
      return found
    })
    expect(id).toBeGreaterThan(1_000_000)
  })

  it('takes the place of the one that was there, which is kept whole', async () => {
    await backUpNow()
    temp.arrive({ name: 'rake' })
    temp.ledger.close()
    expect(await restoreTo(temp.folder)).toMatchObject({
      ok: true,
      value: { events: 1, movedTo: join(temp.folder, aside) },
    })
    expect(readdirSync(temp.folder).sort()).toEqual(['ledger.db', aside, 'server.lock'])
    expect(modeOf(join(temp.folder, aside))).toBe('600')
    const old = new Sqlite(join(temp.folder, aside), { readonly: true })
    expect(old.prepare('SELECT count(*) FROM events').pluck().get()).toBe(2)
    old.close()
    temp.reopen()
    expect(temp.query('SELECT id FROM events')).toHaveLength(1)
    expect(await restoreTo(temp.folder, join(temp.folder, aside))).toEqual(failed('conflict', 'stop it'))
    temp.ledger.close()
    const again = await restore(temp.folder, join(temp.folder, aside), testTime + 1, silent)
    expect(again).toMatchObject({ ok: true, value: { events: 2 } })
    temp.reopen()
  })

  it('has nothing of what a killed process left beside the old one', async () => {
    await backUpNow()
    const killed = mkdtempSync(join(tmpdir(), 'gemherald-killed-'))
    temp.arrive({ name: 'rake' })
    for (const suffix of ['', '-wal'])
      copyFileSync(join(temp.folder, `ledger.db${suffix}`), join(killed, `ledger.db${suffix}`))
    expect(await restoreTo(killed)).toMatchObject({ ok: true, value: { events: 1 } })
    expect(readdirSync(killed).sort()).toEqual(['ledger.db', aside, 'server.lock'])
    const old = new Sqlite(join(killed, aside), { readonly: true })
    expect(old.prepare('SELECT count(*) FROM events').pluck().get()).toBe(2)
    old.close()
    look(killed, (ledger) => expect(ledger.releases.knowsGem('rake')).toBe(false))
    rmSync(killed, { recursive: true })
  })

  it('replaces one that is damaged, and everything beside it is kept too', async () => {
    await backUpNow()
    mkdirSync(target())
    for (const suffix of ['', '-wal', '-shm', '-journal'])
      writeFileSync(join(target(), `ledger.db${suffix}`), `no database ${suffix}`.repeat(100))
    expect(await restoreTo()).toMatchObject({ ok: true, value: { movedTo: join(target(), aside) } })
    expect(readdirSync(target()).sort()).toEqual([
      'ledger.db',
      ...['', '-journal', '-shm', '-wal'].map((suffix) => `${aside}${suffix}`),
      'server.lock',
    ])
    look(target(), (ledger) => expect(ledger.releases.knowsGem('rails')).toBe(true))
  })

  it('takes nothing from what lies beside a missing one', async () => {
    await backUpNow()
    mkdirSync(target())
    temp.arrive({ name: 'rake' })
    copyFileSync(join(temp.folder, 'ledger.db-wal'), join(target(), 'ledger.db-wal'))
    expect(await restoreTo()).toMatchObject({ ok: true, value: { movedTo: join(target(), aside) } })
    look(target(), (ledger) => expect(ledger.releases.knowsGem('rake')).toBe(false))
  })

  it('is the next try of one that was killed', async () => {
    await backUpNow()
    mkdirSync(target())
    writeFileSync(join(target(), 'ledger.db.restoring'), 'half')
    expect(await restoreTo()).toMatchObject({ ok: true })
    expect(readdirSync(target()).sort()).toEqual(['ledger.db', 'server.lock'])
  })

  it('may come from a file that was copied by hand, with what SQLite keeps beside it', async () => {
    temp.arrive({ name: 'rake' })
    for (const suffix of ['', '-wal'])
      copyFileSync(join(temp.folder, `ledger.db${suffix}`), `${file}${suffix}`)
    expect(await restoreTo()).toMatchObject({ ok: true, value: { events: 2 } })
  })

  it('may be of an older version', async () => {
    await backUpNow()
    const database = new Sqlite(file)
    const [last] = database
      .prepare('SELECT created_at FROM __drizzle_migrations ORDER BY 1 DESC')
      .pluck()
      .all()
    database.prepare('DELETE FROM __drizzle_migrations WHERE created_at = ?').run(last)
    database.close()
    expect(await restoreTo()).toMatchObject({ ok: true })
  })
})

describe('nothing is restored', () => {
  const strange: [string, (path: string) => void, string][] = [
    ['is not there', () => {}, 'There is no file'],
    ['is a folder', (path) => mkdirSync(path), 'no regular file'],
    ['is a pipe', (path) => execFileSync('mkfifo', [path]), 'no regular file'],
    ['is empty', (path) => writeFileSync(path, ''), 'no ledger of gemherald'],
    ['is no database', (path) => writeFileSync(path, 'no database '.repeat(1000)), 'not a database'],
    ['is cut off', (path) => writeFileSync(path, sound().subarray(0, 100_000)), ''],
    ['is another database', (path) => make(path, 'CREATE TABLE events (id)'), 'no ledger of gemherald'],
    ['is of another program', (path) => make(path, `${theirs} VALUES (12)`), 'no ledger of gemherald'],
    ['has no migrations', (path) => make(path, theirs.split(';')[0] ?? ''), 'no ledger of gemherald'],
    ['has odd migrations', (path) => make(path, 'CREATE TABLE __drizzle_migrations (a)'), 'created_at'],
    [
      'is damaged',
      (path) => {
        writeFileSync(path, many())
        damage(path)
      },
      'damaged',
    ],
    [
      'is of a newer gemherald',
      (path) => {
        writeFileSync(path, sound())
        make(path, `INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('', 9999999999999)`)
      },
      'newer gemherald',
    ],
  ]
  const theirs = `CREATE TABLE __drizzle_migrations (created_at); INSERT INTO __drizzle_migrations`

  function make(path: string, sql: string): void {
    const database = new Sqlite(path)
    database.exec(sql)
    database.close()
  }

  function sound(): Buffer {
    temp.ledger.close()
    const bytes = readFileSync(join(temp.folder, 'ledger.db'))
    temp.reopen()
    return bytes
  }

  function many(): Buffer {
    for (let i = 0; i < 200; i++) temp.arrive({ name: 'many', version: `1.${i}` })
    return sound()
  }

  it.each(strange)('from a file that %s, and the present ledger stays', async (_, make, text) => {
    make(file)
    const present = openTempLedger()
    present.arrive({ name: 'present' })
    const { installation } = present.ledger
    present.ledger.close()
    const before = readdirSync(present.folder).sort()
    const restored = await restore(present.folder, file, testTime, silent)
    expect(restored).toEqual({
      ok: false,
      problem: {
        code: expect.stringMatching(/^(unavailable|not_found)$/),
        message: expect.stringContaining(text),
      },
    })
    expect(new Set([...readdirSync(present.folder), 'server.lock'])).toEqual(
      new Set([...before, 'server.lock']),
    )
    present.reopen()
    expect(present.ledger.installation).toBe(installation)
    expect(present.ledger.releases.knowsGem('present')).toBe(true)
    present.remove()
  })

  it('while a server has the ledger', async () => {
    await backUpNow()
    expect(await restore(temp.folder, file, testTime, silent)).toEqual(failed('conflict', 'stop it'))
    temp.arrive({ name: 'rake' })
    expect(temp.query('SELECT id FROM events')).toHaveLength(2)
  })

  it('while a command has the ledger', async () => {
    await backUpNow()
    temp.ledger.close()
    const command = new Sqlite(join(temp.folder, 'ledger.db'))
    command.prepare('SELECT * FROM events').all()
    expect(await restore(temp.folder, file, testTime, silent)).toEqual(failed('conflict', 'in use'))
    expect(readdirSync(temp.folder).some((name) => /restor/.test(name))).toBe(false)
    command.close()
    expect(await restore(temp.folder, file, testTime, silent)).toMatchObject({ ok: true })
    temp.reopen()
  })

  it('from the present ledger itself, whatever it is called', async () => {
    temp.ledger.close()
    symlinkSync(join(temp.folder, 'ledger.db'), file)
    for (const path of [join(temp.folder, 'ledger.db'), file])
      expect(await restore(temp.folder, path, testTime, silent)).toEqual(failed('conflict', 'itself'))
    temp.reopen()
    expect(temp.query('SELECT id FROM events')).toHaveLength(1)
  })

  it('where DATA_DIR cannot be', async () => {
    await backUpNow()
    writeFileSync(join(place, 'file'), '')
    const restored = await restore(join(place, 'file', 'data'), file, testTime, silent)
    expect(restored).toEqual(failed('unavailable', 'cannot be restored'))
  })
})
