import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pause } from './client.js'

/** A folder that can be left without room, as the process that writes there sees it. */
export interface SmallDisk {
  /** How it is done. */
  way: string
  /** It is the disk that is full: also for processes that start later, and for a longer file only. */
  isDisk: boolean
  /** From now on there is no room. `pid` is the process that writes there. */
  fill(pid: number): void
  /** Frees a little, for a moment: enough for some commits and not for others. */
  yieldALittle(pid: number): Promise<void>
  /** There is room again. */
  empty(pid: number): void
  /** Puts the folder back as it was. */
  remove(): void
}

/**
 * Mounts a tmpfs of so many MiB on `folder`, which must be empty. Without the right to mount, the process that writes there
 * is limited instead: it may not write to files at all, and is told that they are too large. Works on Linux, for everybody.
 */
export function createSmallDisk(folder: string, mebibytes: number): SmallDisk {
  return mountTmpfs(folder, mebibytes) ? onTmpfs(folder) : byLimit
}

const longestGapMs = 60

/** False where this user may not. */
function mountTmpfs(folder: string, mebibytes: number): boolean {
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0700`, 'tmpfs', folder)
    return true
  } catch {
    return false
  }
}

function onTmpfs(folder: string): SmallDisk {
  const file = join(folder, 'ballast')
  let ballast: number | undefined
  let size = 0
  // However this process ends, the mount goes with it.
  const unmount = () => run('umount', '-l', folder)
  process.once('exit', unmount)
  const fill = () => {
    ballast ??= openSync(file, 'w')
    for (const bytes of [1024 * 1024, 64 * 1024, 4096]) size += writeUntilFull(ballast, bytes, size)
  }
  return {
    way: 'ENOSPC on a small tmpfs',
    isDisk: true,
    fill,
    async yieldALittle() {
      if (ballast === undefined) return
      size = Math.max(0, size - (16 + Math.floor(Math.random() * 240)) * 1024)
      ftruncateSync(ballast, size)
      await pause(Math.random() * longestGapMs)
      fill()
    },
    empty() {
      if (ballast !== undefined) closeSync(ballast)
      ballast = undefined
      size = 0
      rmSync(file, { force: true })
    },
    remove() {
      process.off('exit', unmount)
      if (ballast !== undefined) closeSync(ballast)
      unmount()
    },
  }
}

function writeUntilFull(file: number, bytes: number, from: number): number {
  const zeros = Buffer.alloc(bytes)
  for (let written = 0; ; ) {
    try {
      written += writeSync(file, zeros, 0, bytes, from + written)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      return written
    }
  }
}

const limit = (pid: number, bytes: string) => run('prlimit', '--pid', `${pid}`, `--fsize=${bytes}:`)
const byLimit: SmallDisk = {
  way: 'EFBIG by prlimit --fsize',
  isDisk: false,
  fill: (pid) => limit(pid, '0'),
  async yieldALittle(pid) {
    limit(pid, 'unlimited')
    await pause(Math.random() * longestGapMs)
    limit(pid, '0')
  },
  empty: (pid) => limit(pid, 'unlimited'),
  remove() {},
}

/** Rejects with what it printed when the command fails. */
function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'pipe' })
}
