import { existsSync, lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fail, ok, type Result } from '../error.js'
import { type Copy, copyLedger, type Report, removeDatabase, sync } from './copy.js'
import { lockFile } from './lock-file.js'
import { moveNew } from './move-new.js'
import { isFileTrouble, ledgerFile } from './open.js'

/**
 * Writes a consistent copy of the ledger in `folder` to the new `file` (mode 0600), whether a server works on it or not:
 * first under a name that ends in `.part`, which is changed when the copy is found sound and on disk. A `.part` that a killed
 * backup left is replaced. Fails with `not_found` when there is no ledger or no folder for the file, with `conflict` when the
 * file is there or another backup writes it, and with `unavailable` when the copy cannot be made; nothing of it is left then.
 */
export async function backUp(folder: string, file: string, report: Report): Promise<Result<Copy>> {
  const possible = checkPlaces(folder, file)
  if (!possible.ok) return possible
  const part = `${file}.part`
  try {
    const lock = lockFile(`${part}.lock`)
    if (lock === undefined)
      return fail('conflict', `Another backup writes ${part}: wait for it, or choose another name.`)
    try {
      return await writeLocked(join(folder, ledgerFile), part, file, report)
    } finally {
      lock.release()
    }
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return fail('unavailable', `No backup was made at ${file}: ${error.message}.`)
  }
}

function checkPlaces(folder: string, file: string): Result<null> {
  if (!existsSync(join(folder, ledgerFile)))
    return fail('not_found', `DATA_DIR ${folder} has no ledger: set DATA_DIR to where it is.`)
  if (!existsSync(dirname(file)))
    return fail('not_found', `There is no folder ${dirname(file)}: make it, or choose another place.`)
  return existsSync(file) ? taken(file) : ok(null)
}

async function writeLocked(
  ledger: string,
  part: string,
  file: string,
  report: Report,
): Promise<Result<Copy>> {
  const left = lstatSync(part, { throwIfNoEntry: false })
  if (left !== undefined && !left.isFile())
    return fail('conflict', `${part} is there and no file that a backup left: move it away.`)
  // Left by a backup that was killed: nobody else can be at it, since the lock is ours.
  removeDatabase(part)
  const copied = await copyLedger(ledger, part, report)
  return copied.ok ? putInPlace(part, file, copied.value) : copied
}

function putInPlace(part: string, file: string, copy: Copy): Result<Copy> {
  try {
    // Somebody may have taken the name while the copy was made.
    if (!moveNew(part, file)) return taken(file)
    sync(dirname(file))
    return ok(copy)
  } finally {
    removeDatabase(part)
  }
}

function taken(file: string): Result<never> {
  return fail('conflict', `${file} is there already: choose another name, or move it away.`)
}
