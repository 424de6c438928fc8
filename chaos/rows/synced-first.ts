import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ledgerFile } from '../../src/ledger/open.js'
import { startArrivals } from '../arrivals.js'
import { createInstallation } from '../installation.js'
import { check, type Finding, type Row } from '../row.js'
import { allDelivered, score, soundness } from '../score.js'
import { attachStrace, canTrace } from '../strace.js'

export interface SyncedFirst {
  events: number
}

/** Row 13, not a fault: the system calls of a server show that an event is on the disk before it is answered. */
export const syncedFirst: Row<SyncedFirst> = {
  number: 13,
  fault: 'no fault: the system calls around each 202',
  long: { events: 500 },
  quick: { events: 100 },
  run: watchSyncs,
}

const paths = ['/a']
const calls = 'pwrite64,pwritev,fdatasync,fsync,write,writev,sendto,sendmsg'
/** A page of the ledger and more: enough to find the release in what is written. */
const shownBytes = 9000

export async function watchSyncs({ events }: SyncedFirst): Promise<Finding> {
  if (!canTrace())
    throw new Error('strace is missing, or not allowed to trace here: install it, or run as root.')
  const arrivals = await startArrivals()
  const installation = createInstallation()
  const { client, dataDir } = installation
  const trace = join(dataDir, 'trace')
  try {
    const server = await installation.server()
    for (const path of paths) await client.addHook(`${arrivals.url}${path}`)
    const show = ['-y', '-s', `${shownBytes}`, '-e', `trace=${calls}`, '-o', trace]
    const tracing = await attachStrace(server.pid, show)
    // One after the other: then the order of the answers tells which belongs to which.
    await client.postMany(events, 1)
    await allDelivered(client, arrivals, paths)
    await tracing.end()

    const scored = score(client, arrivals, paths)
    const synced = syncedAnswers(readFileSync(trace, 'latin1').split('\n'), [...client.accepted.keys()])
    return {
      ...scored,
      done: `${events} × 202, watched with strace`,
      checks: [
        ...soundness(scored),
        check('WAL written and synced before the 202', `${synced} of ${events}`, synced === events),
      ],
    }
  } finally {
    await installation.end()
    await arrivals.close()
  }
}

/** How many of the answers came after a sync of the WAL that came after their event was written to it. */
function syncedAnswers(lines: string[], releases: string[]): number {
  const wal = `${ledgerFile}-wal>`
  let synced = 0
  let next = 0
  let written = false
  let durable = false
  let ofWal = false
  for (const line of lines) {
    const number = `\\"version\\":\\"${releases[next]?.split(' ')[1]}\\"`
    if (/pwrite(64|v)\(/.test(line) && line.includes(wal) && line.includes(number)) written = true
    // A call that another thread's interrupts in the listing is shown in two lines, the second without its file.
    if (/f(data)?sync\(/.test(line)) ofWal = line.includes(wal)
    if (written && ofWal && /f(data)?sync(\(| resumed)/.test(line)) durable ||= line.endsWith('= 0')
    if (!line.includes('HTTP/1.1 202 ')) continue
    if (durable) synced += 1
    next += 1
    written = false
    durable = false
  }
  return synced
}
