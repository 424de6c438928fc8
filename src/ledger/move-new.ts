import { closeSync, linkSync, openSync, renameSync, rmSync } from 'node:fs'

/**
 * Gives a file another name in its folder, unless a file has that name already: false then, and nothing is changed. Never
 * overwrites one, not even one that is made at this moment. Throws what the system throws.
 */
export function moveNew(from: string, to: string): boolean {
  try {
    linkSync(from, to)
  } catch {
    // Not every file system has links; whatever else is wrong is found again.
    return renameToReserved(from, to)
  }
  rmSync(from)
  return true
}

/** Rename overwrites, so the name is taken first. */
function renameToReserved(from: string, to: string): boolean {
  try {
    closeSync(openSync(to, 'wx', 0o600))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    rmSync(to)
    throw error
  }
}
