import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backUp } from '../../src/ledger/backup.js'
import { restore } from '../../src/ledger/restore.js'
import { ensureSecret } from '../../src/secret-file.js'
import { startGemherald } from '../helpers/gemherald.js'

let parent: string
let dataDir: string
let umask: number
beforeEach(() => {
  umask = process.umask()
  parent = mkdtempSync(join(tmpdir(), 'gemherald-modes-'))
  dataDir = join(parent, 'new', 'data')
})
afterEach(() => {
  process.umask(umask)
  rmSync(parent, { recursive: true })
})

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

/** What the files in a folder may be used for, by whom; `600` alone where all is well. */
function modesIn(folder: string): string[] {
  return [...new Set(readdirSync(folder).map((name) => modeOf(join(folder, name))))]
}

/** Starts a server on `dataDir`, has it receive something, and looks at its files before it stops. */
async function serveOnce(look: () => void | Promise<void>): Promise<void> {
  const gemherald = await startGemherald({ dataDir })
  try {
    await gemherald.pushRelease('rails', '8.1.3')
    await look()
  } finally {
    await gemherald.stop()
  }
}

describe.each([0o000, 0o022, 0o077])('with the umask %o', (mask) => {
  beforeEach(() => {
    process.umask(mask)
  })

  it('all files are for their owner only', async () => {
    await serveOnce(() => {
      const files = ['ledger.db', 'ledger.db-shm', 'ledger.db-wal', 'secret', 'server.lock']
      expect(readdirSync(dataDir)).toEqual(expect.arrayContaining(files))
      expect(modesIn(dataDir)).toEqual(['600'])
      expect(modeOf(dataDir)).toBe('700')
    })
  })

  it('so are a backup, while it is made too, and what a restore leaves', async () => {
    const backups = join(parent, 'backups')
    const file = join(backups, 'ledger-backup.db')
    const seen = new Set<string>()
    mkdirSync(backups)
    const look = () => {
      for (const mode of modesIn(backups)) seen.add(mode)
    }
    await serveOnce(async () => {
      expect(await backUp(dataDir, file, look)).toMatchObject({ ok: true })
    })
    look()
    expect([...seen]).toEqual(['600'])
    expect(await restore(dataDir, file, Date.now(), () => {})).toMatchObject({ ok: true })
    expect(readdirSync(dataDir).some((name) => name.includes('before-restore'))).toBe(true)
    expect(modesIn(dataDir)).toEqual(['600'])
    dataDir = join(parent, 'restored')
    expect(await restore(dataDir, file, Date.now(), () => {})).toMatchObject({ ok: true })
    expect([...modesIn(dataDir), modeOf(dataDir)]).toEqual(['600', '700'])
  })

  it('what was open to others is closed', async () => {
    const before = join(parent, 'copied')
    await serveOnce(() => cpSync(dataDir, before, { recursive: true }))
    // As a server leaves it that was killed, under modes of old.
    rmSync(dataDir, { recursive: true })
    cpSync(before, dataDir, { recursive: true })
    expect(existsSync(join(dataDir, 'ledger.db-wal'))).toBe(true)
    for (const name of readdirSync(dataDir)) chmodSync(join(dataDir, name), 0o666)
    chmodSync(dataDir, 0o777)
    await serveOnce(() => {
      expect([...modesIn(dataDir), modeOf(dataDir)]).toEqual(['600', '700'])
    })
  })

  it('an empty folder that is there is closed', async () => {
    mkdirSync(dataDir, { recursive: true })
    chmodSync(dataDir, 0o755)
    await serveOnce(() => expect(modeOf(dataDir)).toBe('700'))
  })

  it('a folder with other things in it stays as it is, and ours in it are closed', async () => {
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(join(dataDir, 'notes.txt'), '')
    chmodSync(join(dataDir, 'notes.txt'), 0o644)
    chmodSync(dataDir, 0o755)
    await serveOnce(() => {
      expect(modeOf(dataDir)).toBe('755')
      expect(modeOf(join(dataDir, 'notes.txt'))).toBe('644')
      rmSync(join(dataDir, 'notes.txt'))
      expect(modesIn(dataDir)).toEqual(['600'])
    })
  })

  it('a secret that somebody left half made is not taken over', () => {
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(join(dataDir, 'secret.new'), 'known to others')
    chmodSync(join(dataDir, 'secret.new'), 0o666)
    expect(ensureSecret(null, dataDir, false).ok).toBe(true)
    expect(readFileSync(join(dataDir, 'secret'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
    expect([readdirSync(dataDir), modesIn(dataDir)]).toEqual([['secret'], ['600']])
  })
})
