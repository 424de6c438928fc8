import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { ledgerFile } from '../src/ledger/open.js'

/**
 * What `PRAGMA integrity_check` says of the ledger of a server that has ended: `ok`, or what is wrong. It looks at a
 * copy: opening the ledger itself would mend what the next server must be able to mend.
 */
export function integrityOf(dataDir: string): string {
  const copies = mkdtempSync(join(tmpdir(), 'gemherald-integrity-'))
  try {
    const wal = `${ledgerFile}-wal`
    cpSync(join(dataDir, ledgerFile), join(copies, ledgerFile))
    if (existsSync(join(dataDir, wal))) cpSync(join(dataDir, wal), join(copies, wal))
    const copy = new Database(join(copies, ledgerFile))
    const found = copy.pragma('integrity_check', { simple: true })
    copy.close()
    return String(found)
  } finally {
    rmSync(copies, { recursive: true, force: true })
  }
}
