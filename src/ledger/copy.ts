import { closeSync, fsyncSync, openSync, rmSync, statSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import { fail, ok, type Result } from '../error.js'

/** What a copy of a ledger holds. */
export interface Copy {
  bytes: number
  events: number
}

/** Is told how far a copy is, such as `43 %`. */
export type Report = (text: string) => void

/** What else is done with a copy, before it is synced. */
export type Prepare = (copy: Sqlite.Database) => Result<unknown>

const pagesAtATime = 500

/**
 * Copies the ledger in the file `from`, as one of its commits left it, to the new file `to` (mode 0600) while others go on
 * writing. The copy is one file, found sound and on disk when this resolves. Fails with `unavailable` when it is not sound, and
 * with what `prepare` fails with; throws what SQLite and the system throw. When it does not succeed, it leaves no file.
 */
export async function copyLedger(
  from: string,
  to: string,
  report: Report,
  prepare: Prepare = ok,
): Promise<Result<Copy>> {
  // Made here, since SQLite would let others read it.
  closeSync(openSync(to, 'wx', 0o600))
  let copied: Result<Copy> | undefined
  try {
    await copyPages(from, to, report)
    copied = finish(to, prepare)
    return copied
  } finally {
    if (copied?.ok !== true) removeDatabase(to)
  }
}

async function copyPages(from: string, to: string, report: Report): Promise<void> {
  const source = new Sqlite(from, { readonly: true, fileMustExist: true, timeout: 10_000 })
  try {
    // One view of it from the first page to the last: otherwise every commit by the server would begin the copy anew.
    source.exec('BEGIN')
    source.prepare('SELECT count(*) FROM sqlite_schema').get()
    await source.backup(to, {
      progress({ totalPages, remainingPages }) {
        report(`${Math.floor(100 * (1 - remainingPages / totalPages))} %`)
        return pagesAtATime
      },
    })
  } finally {
    source.close()
  }
}

function finish(file: string, prepare: Prepare): Result<Copy> {
  const copy = new Sqlite(file)
  let events: number
  try {
    copy.pragma('journal_mode = DELETE')
    const sound = checkSound(copy)
    if (!sound.ok) return sound
    const prepared = prepare(copy)
    if (!prepared.ok) return prepared
    events = copy.prepare<[], number>('SELECT count(*) FROM events').pluck().get() ?? 0
  } finally {
    copy.close()
  }
  sync(file)
  return ok({ bytes: statSync(file).size, events })
}

function checkSound(copy: Sqlite.Database): Result<null> {
  const found = String(copy.pragma('quick_check(1)', { simple: true }))
  return found === 'ok' ? ok(null) : fail('unavailable', `The ledger is damaged (SQLite says: ${found}).`)
}

/** Waits until a file, or a folder's list of files, is on disk. */
export function sync(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** What SQLite keeps beside a database while it works, or when it was killed. */
export const companions = ['-wal', '-shm', '-journal']

/** Removes a database that nobody has open, if it is there, with all that SQLite left beside it. */
export function removeDatabase(file: string): void {
  for (const suffix of ['', ...companions]) rmSync(`${file}${suffix}`, { force: true })
}
