import { rmSync, statSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import { createPrivate, isBusy } from './open.js'

/** A lock that is held. */
export interface FileLock {
  /** Gives it up and removes its file. */
  release(): void
}

/**
 * Takes the lock `file`, which is made for that; undefined when somebody else has it. The system itself releases it when
 * the process dies, however it dies: it is an open exclusive transaction. What is left of the file then can be locked again.
 * Throws when the file cannot be used.
 */
export function lockFile(file: string): FileLock | undefined {
  createPrivate(file)
  const made = inodeOf(file)
  const lock = new Sqlite(file, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    if (inodeOf(file) === made) return { release: () => release(file, lock) }
  } catch (error) {
    if (inodeOf(file) === made && !isBusy(error)) {
      lock.close()
      throw error
    }
  }
  // It is held, or whoever held it removed this file meanwhile: others may have made and locked another one by now.
  lock.close()
  return undefined
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino
}

/** Removed while it is locked, so that nobody can have locked it since. */
function release(file: string, lock: Sqlite.Database): void {
  rmSync(file, { force: true })
  lock.close()
}
