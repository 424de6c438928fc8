import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ledger, openLedger } from '../../src/ledger/ledger.js'
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
    [Object.assign(new Error('trouble'), { code: 'SQLITE_FULL' }), false],
    [new Error('SQLITE_FULL'), false],
    ['SQLITE_FULL', false],
    [null, false],
  ])('%j: %s', (error, expected) => {
    expect(isStorageTrouble(error)).toBe(expected)
  })
})
