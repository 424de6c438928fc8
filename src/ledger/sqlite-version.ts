import Sqlite from 'better-sqlite3'

/** Version of the SQLite that the ledger is kept with, such as `3.50.4`. */
export function sqliteVersion(): string {
  const memory = new Sqlite(':memory:')
  try {
    return memory.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? 'unknown'
  } finally {
    memory.close()
  }
}
