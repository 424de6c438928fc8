import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { moveNew } from '../../src/ledger/move-new.js'
import { temporaryFolder } from '../helpers/process.js'

const { system } = vi.hoisted(() => ({ system: { hasLinks: true } }))
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const linkSync: typeof fs.linkSync = (from, to) => {
    // As the system answers on a FAT file system.
    if (!system.hasLinks) throw Object.assign(new Error('EPERM'), { code: 'EPERM', syscall: 'link' })
    fs.linkSync(from, to)
  }
  return { ...fs, linkSync }
})

let folder: ReturnType<typeof temporaryFolder>
let from: string
let to: string
beforeEach(() => {
  folder = temporaryFolder()
  from = join(folder.path, 'from')
  to = join(folder.path, 'to')
  writeFileSync(from, 'new')
})
afterEach(() => folder.remove())

describe.each([true, false])('a file on a file system with links: %s', (hasLinks) => {
  beforeEach(() => {
    system.hasLinks = hasLinks
  })

  it('gets its new name', () => {
    expect(moveNew(from, to)).toBe(true)
    expect(readFileSync(to, 'utf8')).toBe('new')
    expect(existsSync(from)).toBe(false)
  })

  it('does not where another file has it', () => {
    writeFileSync(to, 'precious')
    expect(moveNew(from, to)).toBe(false)
    expect([readFileSync(from, 'utf8'), readFileSync(to, 'utf8')]).toEqual(['new', 'precious'])
  })

  it.each<[string, () => void]>([
    ['folder', () => mkdirSync(to)],
    ['link to nowhere', () => symlinkSync('nowhere', to)],
  ])('does not where a %s has it', (_title, make) => {
    make()
    const before = readdirSync(folder.path)
    expect(moveNew(from, to)).toBe(false)
    expect(readdirSync(folder.path)).toEqual(before)
  })

  it('that is not there leaves nothing', () => {
    expect(() => moveNew(`${from}.missing`, to)).toThrow(/ENOENT/)
    expect(existsSync(to)).toBe(false)
  })
})
