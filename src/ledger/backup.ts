import { existsSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fail, ok, type Result } from '../error.js'
import { type Copy, copyLedger, type Report, removeDatabase, sync } from './copy.js'
import { isFileTrouble, ledgerFile } from './open.js'

/**
 * Writes a consistent copy of the ledger in `folder` to the new `file` (mode 0600), whether a server works on it or not:
 * first under a name that ends in `.part`, which is changed when the copy is found sound and on disk. Fails with
 * `not_found` when there is no ledger or no folder for the file, with `conflict` when the file is there, and with
 * `unavailable` when the copy cannot be made; nothing of it is left then.
 */
export async function backUp(folder: string, file: string, report: Report): Promise<Result<Copy>> {
  const part = `${file}.part`
  const possible = checkPlaces(folder, file, part)
  if (!possible.ok) return possible
  try {
    const copied = await copyLedger(join(folder, ledgerFile), part, report)
    return copied.ok ? putInPlace(part, file, copied.value) : copied
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return fail('unavailable', `No backup was made at ${file}: ${error.message}.`)
  }
}

function checkPlaces(folder: string, file: string, part: string): Result<null> {
  if (!existsSync(join(folder, ledgerFile)))
    return fail('not_found', `DATA_DIR ${folder} has no ledger: set DATA_DIR to where it is.`)
  if (!existsSync(dirname(file)))
    return fail('not_found', `There is no folder ${dirname(file)}: make it, or choose another place.`)
  if (existsSync(part))
    return fail('conflict', `${part} is there: wait for the backup that writes it, or remove what one left.`)
  return checkFree(file)
}

function checkFree(file: string): Result<null> {
  return existsSync(file)
    ? fail('conflict', `${file} is there already: choose another name, or move it away.`)
    : ok(null)
}

function putInPlace(part: string, file: string, copy: Copy): Result<Copy> {
  // Somebody may have taken the name while the copy was made.
  const free = checkFree(file)
  if (!free.ok) {
    removeDatabase(part)
    return free
  }
  renameSync(part, file)
  sync(dirname(file))
  return ok(copy)
}
