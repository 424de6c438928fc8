import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ledgerFile, openDatabase } from '../../src/ledger/open.js'

/**
 * A new folder with a ledger that was migrated and holds nothing: each of a thousand tests would make the same tables. The
 * tests of opening a ledger begin with none.
 */
export function newLedgerFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix))
  empty ??= emptyLedger()
  writeFileSync(join(folder, ledgerFile), empty)
  return folder
}

let empty: Buffer | undefined

function emptyLedger(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'gemherald-ledger-'))
  try {
    const opened = openDatabase(folder)
    if (!opened.ok) throw new Error(opened.problem.message)
    opened.value.close()
    return readFileSync(join(folder, ledgerFile))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
