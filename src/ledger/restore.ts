import { closeSync, existsSync, linkSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { fail, ok, type Result } from '../error.js'
import { type Copy, companions, copyLedger, type Report, removeDatabase, sync } from './copy.js'
import { isFileTrouble, ledgerFile, lockFolder, migrationsFolder } from './open.js'
import { privateFolder } from './private-folder.js'

/** What a restore did. */
export interface Restored extends Copy {
  /** The ledger in its place. */
  ledger: string
  /** Where the ledger that was there is now; null: there was none. */
  movedTo: string | null
}

/**
 * Makes a copy of `file`, a backup, the ledger in `folder` (created when missing, mode 0700), and moves the ledger that
 * is there aside. Fails with `conflict` while a server or a command works on the folder, with `not_found` when there is
 * no such file, and with `unavailable` when it is no regular file, no sound ledger or cannot be copied; the present ledger
 * stays as it is then.
 */
export async function restore(
  folder: string,
  file: string,
  now: number,
  report: Report,
): Promise<Result<Restored>> {
  try {
    const usable = checkFile(file)
    if (!usable.ok) return usable
    privateFolder(folder)
    const lock = lockFolder(folder)
    if (lock === undefined)
      return fail('conflict', `A gemherald server works on ${folder}: stop it, then restore.`)
    try {
      return await restoreLocked(folder, file, now, report)
    } finally {
      lock.close()
    }
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return fail('unavailable', `${file} cannot be restored to ${folder}: ${error.message}.`)
  }
}

/** SQLite would wait for ever for somebody to write to a pipe. */
function checkFile(file: string): Result<null> {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) return fail('not_found', `There is no file ${file}.`)
  if (found.isFile()) return ok(null)
  return fail('unavailable', `${file} is no regular file: give one that gemherald backup wrote.`)
}

async function restoreLocked(
  folder: string,
  file: string,
  now: number,
  report: Report,
): Promise<Result<Restored>> {
  const ledger = join(folder, ledgerFile)
  if (isSame(ledger, file)) return fail('conflict', `${file} is the present ledger itself: give a backup.`)
  const next = `${ledger}.restoring`
  // Left by a restore that was killed: nobody else can be at it, since the lock is ours.
  removeDatabase(next)
  const copied = await copyLedger(file, next, report, prepare)
  if (!copied.ok) return copied
  try {
    const movedTo = moveAside(ledger, asideName(ledger, now))
    if (!movedTo.ok) return movedTo
    renameSync(next, ledger)
    sync(folder)
    return ok({ ...copied.value, ledger, movedTo: movedTo.value })
  } finally {
    removeDatabase(next)
  }
}

/** Without colons, which some file systems refuse. */
function asideName(ledger: string, now: number): string {
  return `${ledger}.before-restore-${new Date(now).toISOString().replaceAll(':', '-')}`
}

function isSame(a: string, b: string): boolean {
  if (!existsSync(a)) return false
  const [one, other] = [statSync(a), statSync(b)]
  return one.dev === other.dev && one.ino === other.ino
}

function prepare(copy: Sqlite.Database): Result<null> {
  const known = checkKnown(copy)
  if (known.ok) skipUsedIds(copy)
  return known
}

/** Its migrations must be the first of ours, or all of them. */
function checkKnown(copy: Sqlite.Database): Result<null> {
  const isTable = "SELECT count(*) FROM sqlite_schema WHERE name = '__drizzle_migrations' AND type = 'table'"
  if (copy.prepare(isTable).pluck().get() === 0) return strange
  const applied = copy
    .prepare<[], number>('SELECT created_at FROM __drizzle_migrations ORDER BY created_at')
    .pluck()
    .all()
  const ours = readMigrationFiles({ migrationsFolder }).map(({ folderMillis }) => folderMillis)
  if (applied.length === 0 || applied[0] !== ours[0]) return strange
  return applied.every((time, at) => time === ours[at]) ? ok(null) : fail('unavailable', newer)
}

const strange = fail(
  'unavailable',
  'The file is no ledger of gemherald: give one that gemherald backup wrote.',
)
const newer = 'The file is the ledger of a newer gemherald: restore it with that version.'

const margin = 1_000_000_000

/**
 * Deliveries that were made after the backup had ids too, and message ids come from them: receivers drop a message whose
 * id they have seen. So new deliveries begin far beyond any of those.
 */
function skipUsedIds(copy: Sqlite.Database): void {
  copy.exec(
    `INSERT INTO sqlite_sequence (name, seq) SELECT 'deliveries', 0
       WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'deliveries');
     UPDATE sqlite_sequence SET seq = seq + ${margin} WHERE name = 'deliveries'`,
  )
}

/**
 * Gives the ledger that is there, with what SQLite keeps beside it, a second name, or moves what lies beside a missing
 * one; where to. It keeps its first name until another file takes it, so at no moment there is none.
 */
function moveAside(ledger: string, aside: string): Result<string | null> {
  const there = existsSync(ledger)
  const closed = there ? closeProperly(ledger) : ok(null)
  if (!closed.ok) return closed
  // What is left beside it now would be taken for a part of the restored ledger.
  const beside = companions.filter((suffix) => existsSync(`${ledger}${suffix}`))
  for (const suffix of beside) renameSync(`${ledger}${suffix}`, `${aside}${suffix}`)
  if (there) linkSync(ledger, aside)
  return ok(there || beside.length > 0 ? aside : null)
}

/** Brings all that SQLite keeps beside a ledger into its one file. */
function closeProperly(ledger: string): Result<null> {
  // SQLite would throw away what lies beside a file that is none of its own, and that may be the best part of it.
  if (!isDatabase(ledger)) return ok(null)
  const present = new Sqlite(ledger, { timeout: 2_000 })
  try {
    present.pragma('journal_mode = DELETE')
    return ok(null)
  } catch (error) {
    if (!(error instanceof Sqlite.SqliteError)) throw error
    // A damaged one is moved as it is.
    if (!/^SQLITE_(BUSY|LOCKED)/.test(error.code)) return ok(null)
    return fail(
      'conflict',
      `${ledger} is in use (${error.message}): end other gemherald commands, then restore.`,
    )
  } finally {
    present.close()
  }
}

function isDatabase(path: string): boolean {
  const magic = Buffer.alloc(16)
  const descriptor = openSync(path, 'r')
  try {
    readSync(descriptor, magic)
  } finally {
    closeSync(descriptor)
  }
  return magic.toString('latin1') === 'SQLite format 3\0'
}
