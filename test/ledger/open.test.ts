import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import { DrizzleError, sql } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/about.js'
import { type Ledger, openLedger, openLedgerBeside } from '../../src/ledger/ledger.js'
import { commitLightly, isStorageTrouble, openDatabase } from '../../src/ledger/open.js'
import { openTempLedger } from '../helpers/temp-ledger.js'

let parent: string
let folder: string
let opened: Ledger[]
let children: ChildProcess[]
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'gemherald-open-'))
  folder = join(parent, 'new', 'data')
  opened = []
  children = []
})
afterEach(async () => {
  await Promise.all(children.map(kill))
  for (const ledger of opened) ledger.close()
  rmSync(parent, { recursive: true })
})

function open(): Ledger {
  const result = openLedger(folder)
  if (!result.ok) throw new Error(result.problem.message)
  opened.push(result.value)
  return result.value
}

function close(ledger: Ledger): void {
  opened.splice(opened.indexOf(ledger), 1)
  ledger.close()
}

/** Opens the ledger in another process, which holds it until it is killed; what it printed. */
async function openElsewhere(): Promise<{ child: ChildProcess; said: string }> {
  const script = fileURLToPath(new URL('hold-ledger.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [line] = await once(child.stdout, 'data')
  return { child, said: String(line).trim() }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

describe('files', () => {
  it('can be read by their owner only', () => {
    const ledger = open()
    ledger.accounts.ensure('default', 1)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    const modes = Object.fromEntries(
      readdirSync(folder).map((file) => [file, (statSync(join(folder, file)).mode & 0o777).toString(8)]),
    )
    expect(Object.keys(modes)).toEqual(expect.arrayContaining(['ledger.db', 'ledger.db-wal', 'server.lock']))
    expect(new Set(Object.values(modes))).toEqual(new Set(['600']))
  })

  it('are closed to others even where they were open', () => {
    close(open())
    chmodSync(join(folder, 'ledger.db'), 0o644)
    open()
    expect(statSync(join(folder, 'ledger.db')).mode & 0o777).toBe(0o600)
  })

  it('stay as they are when the ledger is opened again, and so does what they hold', () => {
    const first = open()
    const { installation } = first
    const account = first.accounts.ensure('default', 1)
    close(first)
    const second = open()
    expect(second.installation).toBe(installation)
    expect(second.accounts.ensure('default', 2)).toBe(account)
    close(second)
    const database = new Sqlite(join(folder, 'ledger.db'), { readonly: true })
    expect(database.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }])
    database.close()
  })

  it('are another installation in another folder', () => {
    const temp = openTempLedger()
    const { installation } = open()
    expect(installation).toMatch(/^[0-9a-f]{12}$/)
    expect(installation).not.toBe(temp.ledger.installation)
    temp.remove()
  })

  it.each(['', '/below'])('cannot be where a file is: FILE%s', (below) => {
    const file = join(parent, 'file')
    writeFileSync(file, '')
    expect(openLedger(file + below)).toMatchObject({
      ok: false,
      problem: { code: 'unavailable', message: expect.stringMatching(/^DATA_DIR .* cannot be used/) },
    })
  })

  it('are written so that a commit is on disk', () => {
    const result = openDatabase(folder)
    if (!result.ok) throw new Error(result.problem.message)
    const { $client } = result.value.db
    expect($client.pragma('journal_mode', { simple: true })).toBe('wal')
    expect($client.pragma('synchronous', { simple: true })).toBe(2)
    expect($client.pragma('foreign_keys', { simple: true })).toBe(1)
    result.value.close()
  })
})

describe('the lock', () => {
  const conflict = {
    ok: false,
    problem: { code: 'conflict', message: expect.stringMatching(/Another gemherald server .*DATA_DIR/) },
  }

  it('lets one server in, until it closes the ledger', () => {
    const first = open()
    expect(openLedger(folder)).toEqual(conflict)
    expect(openLedger(folder)).toEqual(conflict)
    close(first)
    close(open())
    open()
  })

  it('keeps other processes out, even after this one tried twice', async () => {
    const first = open()
    expect(openLedger(folder)).toEqual(conflict)
    expect((await openElsewhere()).said).toBe('conflict')
    close(first)
    expect((await openElsewhere()).said).toBe('opened')
  })

  it('is released when its process is killed', async () => {
    const { child, said } = await openElsewhere()
    expect(said).toBe('opened')
    expect(openLedger(folder)).toEqual(conflict)
    await kill(child)
    open()
  })

  it('does not keep readers out', () => {
    const ledger = open()
    ledger.accounts.ensure('default', 1)
    const reader = new Sqlite(join(folder, 'ledger.db'), { readonly: true })
    expect(reader.prepare('SELECT name FROM accounts').all()).toEqual([{ name: 'default' }])
    reader.close()
  })
})

describe('beside a server', () => {
  const beside = () => {
    const result = openLedgerBeside(folder)
    if (!result.ok) throw new Error(result.problem.message)
    opened.push(result.value)
    return result.value
  }

  it('a command reads and writes the same ledger', async () => {
    close(open())
    expect((await openElsewhere()).said).toBe('opened')
    const ledger = beside()
    const account = ledger.accounts.ensure('default', 1)
    ledger.accounts.addKey(account, { name: 'a', hash: 'a', sealed: 'a' }, 1)
    expect(beside().accounts.byKeyHash('a', 9)).toBe(account)
  })

  it('a command neither takes the lock nor releases it', async () => {
    const { child } = await openElsewhere()
    close(beside())
    expect((await openElsewhere()).said).toBe('conflict')
    await kill(child)
    const ledger = beside()
    expect((await openElsewhere()).said).toBe('opened')
    expect(ledger.accounts.ensure('default', 1)).toBe(1)
  })

  it('a command of another version is refused', () => {
    const ledger = open()
    const database = new Sqlite(join(folder, 'ledger.db'))
    database.exec(`INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('', 9999999999999)`)
    database.close()
    expect(openLedgerBeside(folder)).toMatchObject({
      ok: false,
      problem: { code: 'conflict', message: expect.stringContaining('another version') },
    })
    expect(ledger.accounts.ensure('default', 1)).toBe(1)
  })

  it('needs a ledger, and makes none', () => {
    const none = {
      ok: false,
      problem: { code: 'not_found', message: expect.stringContaining('DATA_DIR') },
    }
    expect(openLedgerBeside(folder)).toEqual(none)
    expect(existsSync(folder)).toBe(false)
    mkdirSync(folder, { recursive: true })
    expect(openLedgerBeside(folder)).toEqual(none)
    expect(readdirSync(folder)).toEqual([])
  })

  it('says that a file is no ledger', () => {
    close(open())
    writeFileSync(join(folder, 'ledger.db'), 'no database '.repeat(1000))
    expect(openLedgerBeside(folder)).toMatchObject({
      ok: false,
      problem: { code: 'unavailable', message: expect.stringContaining('cannot be used') },
    })
    rmSync(join(folder, 'ledger.db'))
    open()
  })

  it('brings an older ledger up to date when no server runs', () => {
    fill(openOldLedger(folder, 2)).close()
    expect(beside().tallies.read()).toMatchObject({ webhook: 3 })
  })
})

describe('a ledger of the second version', () => {
  it('keeps what it has, and knows where it is from', () => {
    fill(openOldLedger(folder, 2)).close()
    const ledger = open()
    expect(ledger.tallies.read()).toEqual({
      webhook: 3,
      catchUp: 0,
      both: 0,
      confirmed: 0,
      unconfirmed: 0,
      refuted: 0,
      history: 0,
      lastWebhook: 3000,
    })
    const rows = (sql: string) => {
      const database = new Sqlite(join(folder, 'ledger.db'), { readonly: true })
      const found = database.prepare(sql).all()
      database.close()
      return found
    }
    expect(rows('SELECT webhook_at, catch_up_at, check_at, checks, confirmation, facts FROM events')).toEqual(
      [1000, 3000, 2000].map((at) => ({
        webhook_at: at,
        catch_up_at: null,
        check_at: null,
        checks: 0,
        confirmation: null,
        facts: null,
      })),
    )
    expect(rows('SELECT number, position, changed_at, yanked FROM releases ORDER BY id')).toEqual([
      { number: '1.0', position: 3, changed_at: 2000, yanked: 1 },
      { number: '2.0', position: 2, changed_at: 3000, yanked: 0 },
    ])
    expect(ledger.accounts.keys()).toMatchObject([
      { account: 'default', name: 'first start', expiresAt: null, lastUsedAt: null, revokedAt: null },
    ])
    expect(ledger.accounts.byKeyHash('a', 9)).toBe(1)
    expect(ledger.fanOut.pending(9)).toMatchObject([{ id: 3, kind: 'yanked', gemName: 'rails' }])
    expect(ledger.claims.count()).toBe(0)
  })

  it('is indexed anew, now that the index has lines too, and takes what is new', () => {
    fill(openOldLedger(folder, 2)).close()
    const ledger = open()
    expect(ledger.catalog.unindexed(9)).toMatchObject({ position: 3 })
    const arrival = { gemName: 'rails', platform: 'ruby', payload: Buffer.from('{}'), createdAt: 1 }
    const receipts = ledger.arrivals.record([
      { ...arrival, number: '1.0', yanked: true, receivedAt: 4000, source: 'catch-up', toCheck: false },
      { ...arrival, number: '3.0', yanked: false, receivedAt: 5000, source: 'catch-up', toCheck: false },
    ])
    expect(receipts).toEqual([
      { status: 'duplicate', eventId: 3 },
      { status: 'pushed', eventId: 4 },
    ])
    expect(ledger.tallies.read()).toMatchObject({ webhook: 2, both: 1, catchUp: 1, lastWebhook: 3000 })
    expect(ledger.catalog.unindexed(9)).toMatchObject({ position: 4 })
  })

  it('may be empty', () => {
    openOldLedger(folder, 2).close()
    expect(open().tallies.read()).toMatchObject({ webhook: 0, lastWebhook: null })
  })
})

describe('a ledger of the third version', () => {
  it('keeps the claims that wait, with when they were heard of', () => {
    const old = fill(openOldLedger(folder, 3))
    old.exec(`
      UPDATE events SET check_at = 2000, fanned_out_at = NULL WHERE id = 3;
      INSERT INTO claims (event_id, gem_name, number, platform, yanked, created_at) VALUES (3, 'rails', '1.0', 'ruby', 1, 7)`)
    old.close()
    expect(open().claims.due(2000, 9)).toMatchObject([
      { eventId: 3, receivedAt: 2000, heardAt: 2000, contradictedAt: null, agreedAt: null },
    ])
  })
})

describe('a ledger of the fourth version', () => {
  it('shows each account its own deliveries of before', () => {
    const old = fill(openOldLedger(folder, 4))
    old.exec(`
      INSERT INTO accounts (id, name, created_at) VALUES (2, 'team', 1);
      INSERT INTO endpoints (id, account_id, channel, url, created_at, enabled_at) VALUES
        (1, 1, 'webhook', 'http://127.0.0.1:9/one', 1, 1), (2, 2, 'webhook', 'http://127.0.0.1:9/two', 1, 1);
      INSERT INTO deliveries (id, event_id, endpoint_id, channel, state, stage, due_at, attempts, created_at, finished_at) VALUES
        (1, 1, 1, 'webhook', 'succeeded', NULL, 1, 1, 1, 2), (2, 1, 2, 'webhook', 'dead', NULL, 1, 1, 1, 2),
        (3, 2, 1, 'webhook', 'pending', 'waiting', 9, 1, 1, NULL), (4, 2, 2, 'webhook', 'cancelled', NULL, 1, 0, 1, 2);
      INSERT INTO attempts (delivery_id, number, started_at, duration_ms, verdict, status_code) VALUES
        (1, 1, 1, 1, 'succeeded', 200), (2, 1, 1, 1, 'dead', 410), (3, 1, 1, 1, 'retry', 503);`)
    old.close()
    const { deliveryList, events } = open()
    const seenBy = (account: number) =>
      deliveryList
        .list(account, {}, { before: null, limit: 10 })
        .rows.map(({ id, state, attempts }) => [id, state, attempts])
    expect(seenBy(1)).toEqual([
      [3, 'pending', 1],
      [1, 'succeeded', 1],
    ])
    expect(seenBy(2)).toEqual([
      [4, 'cancelled', 0],
      [2, 'dead', 1],
    ])
    expect(events.counts(2, [1, 2])).toEqual({ pending: 0, succeeded: 0, dead: 1, cancelled: 1 })
    expect(deliveryList.find(2, 2)?.tries).toMatchObject([{ number: 1, statusCode: 410 }])
    expect(deliveryList.find(1, 2)).toBeUndefined()
  })
})

describe('together', () => {
  it('keeps all or nothing', () => {
    const ledger = open()
    const account = ledger.accounts.ensure('default', 1)
    const hook = { accountId: account, gemName: 'rails', url: 'http://127.0.0.1/' }
    expect(() =>
      ledger.together(() => {
        ledger.hooks.create({ ...hook, channel: 'webhook' }, 1)
        throw new Error('crash')
      }),
    ).toThrow('crash')
    expect(ledger.hooks.exists(hook)).toBe(false)
    expect(ledger.together(() => ledger.hooks.create({ ...hook, channel: 'webhook' }, 1))).toBe(true)
    expect(ledger.hooks.exists(hook)).toBe(true)
  })
})

describe('a light commit', () => {
  it('does not wait for the disk, and every other commit does', () => {
    const result = openDatabase(folder)
    if (!result.ok) throw new Error(result.problem.message)
    const { db } = result.value
    const synchronous = () => db.$client.pragma('synchronous', { simple: true })
    const crash = () => {
      throw new Error('crash')
    }
    expect(commitLightly(db, synchronous)).toBe(1)
    expect(synchronous()).toBe(2)
    expect(() => commitLightly(db, crash)).toThrow('crash')
    expect(synchronous()).toBe(2)
    expect(db.$client.transaction(() => commitLightly(db, synchronous))()).toBe(2)
    result.value.close()
  })

  it('keeps all or nothing', () => {
    const ledger = open()
    const account = ledger.accounts.ensure('default', 1)
    const add = () => ledger.accounts.addKey(account, { name: 'a', hash: 'a', sealed: 'a' }, 1)
    const crash = () => {
      add()
      throw new Error('crash')
    }
    expect(() => ledger.lightly(crash)).toThrow('crash')
    expect(() => ledger.together(() => ledger.lightly(crash))).toThrow('crash')
    expect(ledger.accounts.byKeyHash('a', 9)).toBeUndefined()
    ledger.lightly(add)
    expect(ledger.accounts.byKeyHash('a', 9)).toBe(account)
  })
})

describe('isStorageTrouble', () => {
  const sqlite = (code: string) => new Sqlite.SqliteError('trouble', code)
  it.each([
    [sqlite('SQLITE_FULL'), true],
    [sqlite('SQLITE_IOERR'), true],
    [sqlite('SQLITE_IOERR_WRITE'), true],
    [sqlite('SQLITE_READONLY'), true],
    [sqlite('SQLITE_READONLY_DBMOVED'), true],
    [sqlite('SQLITE_BUSY'), true],
    [sqlite('SQLITE_LOCKED'), true],
    [sqlite('SQLITE_CANTOPEN'), true],
    [sqlite('SQLITE_NOMEM'), true],
    [sqlite('SQLITE_CONSTRAINT_UNIQUE'), false],
    [sqlite('SQLITE_ERROR'), false],
    [sqlite('SQLITE_CORRUPT'), false],
    [new DrizzleError({ message: 'Failed to run the query', cause: sqlite('SQLITE_FULL') }), true],
    [new DrizzleError({ message: 'Failed to run the query', cause: sqlite('SQLITE_ERROR') }), false],
    [Object.assign(new Error('trouble'), { code: 'SQLITE_FULL' }), false],
    [new Error('SQLITE_FULL'), false],
    ['SQLITE_FULL', false],
    [null, false],
  ])('%j: %s', (error, expected) => {
    expect(isStorageTrouble(error)).toBe(expected)
  })
})

describe('a ledger that cannot grow', () => {
  /** Leaves it as large as it is. */
  const fill = (client: Sqlite.Database) =>
    client.pragma(`max_page_count = ${client.pragma('page_count', { simple: true })}`)

  it('is no bug, whichever statement finds out', () => {
    const opened = openDatabase(folder)
    if (!opened.ok) throw new Error(opened.problem.message)
    const { db, close } = opened.value
    db.$client.exec('CREATE TABLE growing (text)')
    fill(db.$client)
    const grow = (run: () => unknown) => {
      try {
        run()
        return 'grew'
      } catch (error) {
        return isStorageTrouble(error)
      }
    }
    const insert = "INSERT INTO growing VALUES (replace(hex(zeroblob(20000)), '0', 'x'))"
    expect(grow(() => db.$client.exec(insert))).toBe(true)
    expect(grow(() => db.run(sql.raw(insert)))).toBe(true)
    expect(grow(() => commitLightly(db, () => db.run(sql.raw(insert))))).toBe(true)
    close()
  })

  it('can be written as long as nothing grows, and is proved by a change that is kept', () => {
    const ledger = open()
    const other = new Sqlite(join(folder, 'ledger.db'))
    const version = () => other.pragma('user_version', { simple: true })
    const before = version()
    ledger.proveWritable()
    expect(version()).not.toBe(before)
    other.exec('BEGIN IMMEDIATE')
    expect(() => ledger.proveWritable()).toThrow(expect.objectContaining({ code: 'SQLITE_BUSY' }))
    other.close()
    ledger.proveWritable()
  })

  it('does not start while another process writes to it, and says so', () => {
    close(open())
    const other = new Sqlite(join(folder, 'ledger.db'))
    other.exec('BEGIN IMMEDIATE')
    const message = expect.stringMatching(
      /^DATA_DIR .* cannot be used: database is locked\. Another process writes/,
    )
    expect(openLedger(folder)).toEqual({ ok: false, problem: { code: 'unavailable', message } })
    other.close()
    open()
  })
})

/** A ledger as a gemherald with only the first migrations left it. */
function openOldLedger(at: string, migrations: number): Sqlite.Database {
  const source = join(packageRoot, 'migrations')
  const { entries } = JSON.parse(readFileSync(join(source, 'meta/_journal.json'), 'utf8'))
  mkdirSync(at, { recursive: true })
  const old = new Sqlite(join(at, 'ledger.db'))
  old.exec(
    'CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)',
  )
  for (const { tag, when } of entries.slice(0, migrations)) {
    old.exec(readFileSync(join(source, `${tag}.sql`), 'utf8'))
    old.prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)').run('', when)
  }
  return old
}

/** Two releases of a gem, one of them yanked since and not fanned out yet, and a key. */
function fill(old: Sqlite.Database): Sqlite.Database {
  old.exec(`
    INSERT INTO events (id, kind, gem_name, number, platform, payload, received_at, fanned_out_at) VALUES
      (1, 'pushed', 'rails', '1.0', 'ruby', x'7b7d', 1000, 1000),
      (2, 'pushed', 'rails', '2.0', 'ruby', x'7b7d', 3000, 3000),
      (3, 'yanked', 'rails', '1.0', 'ruby', x'7b7d', 2000, NULL);
    INSERT INTO releases (gem_name, number, platform, yanked, event_id, first_seen_at, created_at) VALUES
      ('rails', '1.0', 'ruby', 1, 3, 1000, 1000), ('rails', '2.0', 'ruby', 0, 2, 3000, 3000);
    INSERT INTO meta (key, value) VALUES ('indexed events', '2');
    INSERT INTO accounts (id, name, created_at) VALUES (1, 'default', 1);
    INSERT INTO api_keys (account_id, name, hash, sealed, created_at) VALUES (1, 'first start', 'a', 'sealed', 1);`)
  return old
}
