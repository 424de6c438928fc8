import type { Database } from './open.js'

/**
 * Writes a consistent copy of the ledger to a new file, in one piece and without its free pages, while others go on
 * writing. Throws when there is no room, or the file exists; what was written by then is left behind.
 */
export function backupTo({ $client: client }: Database, file: string): void {
  client.prepare('VACUUM INTO ?').run(file)
}
