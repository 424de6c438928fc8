import { chmodSync, closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { DrizzleError } from 'drizzle-orm'
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3'
import { migrate } from 'drizzle-orm/better-sqlite3/migrator'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { packageRoot } from '../about.js'
import { fail, ok, type Result } from '../error.js'
import { privateFolder } from './private-folder.js'
import * as schema from './schema.js'

export type Database = BetterSQLite3Database<typeof schema> & { $client: Sqlite.Database }

/**
 * Opens the ledger in `folder` (created when missing; mode 0700, files 0600), takes the writer's lock and migrates.
 * Fails with `conflict` when another process holds the lock, since the server is the ledger's only writer, and with
 * `unavailable` when the folder or a file in it cannot be used.
 */
export function openDatabase(folder: string): Result<{ db: Database; close: () => void }> {
  try {
    return openIn(folder)
  } catch (thrown) {
    const error = unwrapped(thrown)
    if (!isFileTrouble(error)) throw thrown
    return fail('unavailable', `DATA_DIR ${folder} cannot be used: ${error.message}. ${advice(error)}`)
  }
}

/** What an operator can do about it. */
function advice(error: Error): string {
  const { code } = error as Error & { code?: string }
  if (/FULL|ENOSPC|EDQUOT/.test(code ?? '')) return 'Make room on its disk.'
  if (/READONLY|EROFS|EACCES|EPERM/.test(code ?? ''))
    return 'Let this user write to it and to all that lies in it.'
  if (/BUSY/.test(code ?? '')) return 'Another process writes to it: let that end first.'
  return 'Check what lies there, and whose it is.'
}

/**
 * Opens the ledger in `folder` from a command, beside a server that may be running: its own commits are short, and safe.
 * Fails with `not_found` when there is no ledger, with `conflict` when a server of another version has it, and like
 * `openDatabase` when it cannot be used.
 */
export function openDatabaseBeside(folder: string): Result<{ db: Database; close: () => void }> {
  try {
    if (!existsSync(join(folder, ledgerFile)))
      return fail(
        'not_found',
        `DATA_DIR ${folder} has no ledger: start the server once, or set DATA_DIR to where it is.`,
      )
    const lock = lockFolder(folder)
    if (lock === undefined) return openFile(folder, undefined, checkMigrations)
    // Nobody has it, so it may be brought up to date; a server that starts meanwhile waits for nothing else.
    try {
      return openFile(folder, undefined, migrateNow)
    } finally {
      lock.close()
    }
  } catch (thrown) {
    const error = unwrapped(thrown)
    if (!isFileTrouble(error)) throw thrown
    return fail('unavailable', `DATA_DIR ${folder} cannot be used: ${error.message}. ${advice(error)}`)
  }
}

function openIn(folder: string): Result<{ db: Database; close: () => void }> {
  privateFolder(folder)
  const lock = lockFolder(folder)
  if (lock === undefined)
    return fail(
      'conflict',
      `Another gemherald server already works on ${folder}: stop it, or give this one its own DATA_DIR.`,
    )

  try {
    return openFile(folder, lock, (db) => {
      const migrated = migrateNow(db)
      // A server that could keep nothing says so now, and not to the first who sends it something.
      proveWritable(db)
      return migrated
    })
  } catch (error) {
    lock.close()
    throw error
  }
}

/** `lock` is released with the ledger; undefined: somebody else holds it. Throws when the file cannot be used. */
function openFile(
  folder: string,
  lock: Sqlite.Database | undefined,
  prepare: (db: Database) => Result<unknown>,
): Result<{ db: Database; close: () => void }> {
  const file = join(folder, ledgerFile)
  createPrivate(file)
  // What a killed server left beside it keeps its mode otherwise.
  for (const left of [`${file}-wal`, `${file}-shm`]) if (existsSync(left)) chmodSync(left, 0o600)
  const client = new Sqlite(file)
  try {
    return prepareClient(client, lock, prepare)
  } catch (error) {
    client.close()
    throw error
  }
}

function prepareClient(
  client: Sqlite.Database,
  lock: Sqlite.Database | undefined,
  prepare: (db: Database) => Result<unknown>,
): Result<{ db: Database; close: () => void }> {
  // Three payloads fit such a page, one the usual size: a third less is written for every commit.
  client.pragma('page_size = 8192')
  client.pragma('journal_mode = WAL')
  client.pragma('synchronous = FULL')
  client.pragma('foreign_keys = ON')
  // Only a command can hold the lock: it must not stop a whole server, so the server tries again later. A command waits.
  client.pragma(`busy_timeout = ${lock === undefined ? 10_000 : 250}`)
  // 16 MiB of WAL between checkpoints: pages that change often are written back once, not a dozen times.
  client.pragma('wal_autocheckpoint = 2048')
  client.pragma('journal_size_limit = 67108864')
  const db = drizzle(client, { schema })
  const close = () => {
    client.close()
    lock?.close()
  }
  const prepared = prepare(db)
  if (prepared.ok) return ok({ db, close })
  close()
  return prepared
}

/** The ledger's name in its folder. */
export const ledgerFile = 'ledger.db'
/** Where the migrations lie. */
export const migrationsFolder = join(packageRoot, 'migrations')

function migrateNow(db: Database): Result<null> {
  migrate(db, { migrationsFolder })
  return ok(null)
}

function checkMigrations({ $client: client }: Database): Result<null> {
  const applied = client.prepare<[], number>('SELECT count(*) FROM __drizzle_migrations').pluck().get()
  if (applied === readMigrationFiles({ migrationsFolder }).length) return ok(null)
  return fail(
    'conflict',
    'The server that runs here is of another version: use the command that came with it.',
  )
}

/**
 * Runs `work` in one commit that a killed process keeps, but that a power failure right afterwards may undo: for what
 * is then simply done again. It costs no sync of the disk.
 */
export function commitLightly<T>({ $client: client }: Database, work: () => T): T {
  if (client.inTransaction) return work()
  client.pragma('synchronous = NORMAL')
  try {
    return client.transaction(work).immediate()
  } finally {
    client.pragma('synchronous = FULL')
  }
}

/**
 * Commits a change that means nothing, without waiting for the disk. Throws storage trouble when the ledger cannot be
 * written now.
 */
export function proveWritable(db: Database): void {
  const { $client: client } = db
  // It belongs to whoever uses SQLite, and nobody here reads it. A value that stays the same would not be written.
  commitLightly(db, () => {
    const version = client.pragma('user_version', { simple: true }) as number
    client.pragma(`user_version = ${version === 1 ? 2 : 1}`)
  })
}

/** True when `error` is SQLite saying that it cannot store anything now: disk full, I/O error, read-only, busy. */
export function isStorageTrouble(error: unknown): error is Error {
  const found = unwrapped(error)
  return (
    found instanceof Sqlite.SqliteError &&
    /^SQLITE_(FULL|IOERR|READONLY|BUSY|LOCKED|CANTOPEN|NOMEM)/.test(found.code)
  )
}

/** What SQLite threw: drizzle's `run` of plain SQL wraps it. */
function unwrapped(error: unknown): unknown {
  return error instanceof DrizzleError ? error.cause : error
}

/** True when `error` is SQLite saying that somebody else has a lock. */
export function isBusy(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')
}

/** True when `error` is SQLite or the system saying that a file cannot be used as asked. */
export function isFileTrouble(error: unknown): error is Error {
  return error instanceof Sqlite.SqliteError || (error instanceof Error && 'syscall' in error)
}

/**
 * Takes the lock of the folder's only writer, until it is closed; undefined when somebody else has it. The system itself
 * releases it when the process dies, however it dies: it is an open exclusive transaction.
 */
export function lockFolder(folder: string): Sqlite.Database | undefined {
  const file = join(folder, 'server.lock')
  createPrivate(file)
  const lock = new Sqlite(file, { timeout: 0 })
  try {
    lock.pragma('locking_mode = EXCLUSIVE')
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (isBusy(error)) return undefined
    throw error
  }
}

/** Sees to it that a file is there and only its owner may read it. Throws when that cannot be. */
export function createPrivate(file: string): void {
  // A file that is there already is not opened: closing it would release the locks that this process holds on it.
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600))
  chmodSync(file, 0o600)
}
