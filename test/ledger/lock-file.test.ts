import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { packageRoot } from '../../src/about.js'
import { lockFile } from '../../src/ledger/lock-file.js'
import { temporaryFolder } from '../helpers/process.js'

let folder: ReturnType<typeof temporaryFolder>
let file: string
beforeEach(() => {
  folder = temporaryFolder()
  file = join(folder.path, 'lock')
})
afterEach(() => {
  vi.restoreAllMocks()
  folder.remove()
})

describe('a lock', () => {
  it('is had by one at a time, and gone when it is released', () => {
    const lock = lockFile(file)
    expect(lock).toBeDefined()
    expect(lockFile(file)).toBeUndefined()
    lock?.release()
    expect(existsSync(file)).toBe(false)
    const next = lockFile(file)
    expect(next).toBeDefined()
    next?.release()
  })

  it('of another process is free when that was killed', async () => {
    const holder = spawn(
      process.execPath,
      [
        '-e',
        `const lock = new (require('better-sqlite3'))(process.argv[1])
         lock.exec('BEGIN EXCLUSIVE')
         console.log('locked')
         setInterval(() => lock, 1_000_000)`,
        file,
      ],
      { cwd: packageRoot, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await once(holder.stdout, 'data')
    expect(lockFile(file)).toBeUndefined()
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    const lock = lockFile(file)
    expect(lock).toBeDefined()
    lock?.release()
  })

  it.each(['before', 'after'])('is not had on a file that was removed %s it became ours', (when) => {
    const exec = Sqlite.prototype.exec
    vi.spyOn(Sqlite.prototype, 'exec').mockImplementationOnce(function (this: Sqlite.Database, sql) {
      if (when === 'before') rmSync(file)
      exec.call(this, sql)
      if (when === 'after') rmSync(file)
      return this
    })
    expect(lockFile(file)).toBeUndefined()
  })

  it('is not had on a file that is no database', () => {
    writeFileSync(file, 'no database '.repeat(1000))
    expect(() => lockFile(file)).toThrow(/not a database/)
  })

  it('cannot be had where no file can be', () => {
    mkdirSync(file)
    expect(() => lockFile(file)).toThrow()
  })
})
