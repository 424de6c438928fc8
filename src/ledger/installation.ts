import { randomBytes } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { Database } from './open.js'
import { meta } from './schema.js'

/** The installation's random id, made the first time a ledger is opened. */
export function installationIn(db: Database): string {
  db.insert(meta)
    .values({ key: 'installation', value: randomBytes(6).toString('hex') })
    .onConflictDoNothing()
    .run()
  const row = db.select().from(meta).where(eq(meta.key, 'installation')).get()
  if (row === undefined) throw new Error('The ledger kept no installation id.')
  return row.value
}
