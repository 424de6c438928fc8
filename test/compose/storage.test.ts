import Sqlite from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { watchStorage } from '../../src/compose/storage.js'

const full = () => new Sqlite.SqliteError('database or disk is full', 'SQLITE_FULL')

/** A disk that can be full, with its watch; the clock of the watch is `at`. */
function stage() {
  const disk = { error: null as Error | null, proofs: 0, at: 0 }
  const write = () => {
    if (disk.error !== null) throw disk.error
  }
  const prove = () => {
    disk.proofs += 1
    write()
  }
  const storage = watchStorage(prove, () => disk.at)
  const record = storage.watch((arrivals: string[]) => {
    write()
    return arrivals.length
  })
  return { disk, storage, record }
}

describe('what is known of the storage', () => {
  it('is what the last record came to', () => {
    const { disk, storage, record } = stage()
    expect(record(['a', 'b'])).toBe(2)
    expect(storage.trouble()).toBeNull()
    disk.error = full()
    expect(() => record(['c'])).toThrow(disk.error)
    expect(storage.trouble()).toBe('database or disk is full')
    disk.error = null
    record(['d'])
    expect(storage.trouble()).toBeNull()
    expect(disk.proofs).toBe(0)
  })

  it('is tried where nothing was recorded for a second, so that trouble ends when nobody sends anything', () => {
    const { disk, storage, record } = stage()
    disk.error = full()
    expect(() => record(['a'])).toThrow()
    disk.error = null
    disk.at = 999
    expect(storage.trouble()).toBe('database or disk is full')
    disk.at = 1000
    expect(storage.trouble()).toBeNull()
  })

  it('is tried before anything was recorded', () => {
    const { disk, storage } = stage()
    disk.error = full()
    expect(storage.trouble()).toBe('database or disk is full')
  })

  it('is tried once a second at most', () => {
    const { disk, storage } = stage()
    for (disk.at = 0; disk.at < 3000; disk.at += 100) storage.trouble()
    expect(disk.proofs).toBe(3)
  })

  it('does not hide a bug', () => {
    const { disk, storage } = stage()
    disk.error = new Error('a bug')
    expect(() => storage.trouble()).toThrow('a bug')
  })
})
