import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { ledgerFile } from '../../src/ledger/open.js'
import { runGemherald } from '../../test/helpers/process.js'
import { until } from '../../test/helpers/wait.js'
import { type Answer, startArrivals } from '../arrivals.js'
import { type Client, pause } from '../client.js'
import { createInstallation, type Installation, type ServerProcess } from '../installation.js'
import { integrityOf } from '../integrity.js'
import { type Check, check, type Finding, figure, type Row } from '../row.js'
import { allDelivered, score, soundness } from '../score.js'
import { createSmallDisk, type SmallDisk } from '../small-disk.js'
import { attachStrace, canTrace } from '../strace.js'
import { startUnwritable } from '../unwritable-start.js'

export interface FullDisk {
  /** How often the disk is filled while webhooks are posted; more often until every kind of write has met it. */
  fills: number
  /** How long it stays full, ms. */
  fullMs: number
  /**
   * Whether every kind of write must meet it: checkpoints too, with a WAL that is as long as it gets, and leases, with
   * an endpoint that fails first, so that something is due at any time.
   */
  thorough: boolean
}

/** Row 5: there is no room, or the ledger cannot be written for another reason, while webhooks are posted. */
export const fullDisk: Row<FullDisk> = {
  number: 5,
  fault: 'disk full, ledger that cannot be written',
  long: { fills: 16, fullMs: 2000, thorough: true },
  quick: { fills: 4, fullMs: 800, thorough: true },
  run: fillDisk,
}

const paths = ['/a', '/b']
const mebibytes = 192
const atOnce = 16
const gapMs = 100
const answerMs = 20
const mostExtraFills = 20
const recoveryMs = 5_000
/** As many frames as are in the WAL when it is checkpointed (src/ledger/open.ts). */
const checkpointBytes = 2048 * (8192 + 24)
const kinds = {
  receive: /webhook not kept/,
  'fan-out': /dispatch\/fan-out\./,
  lease: /dispatch\/hand-out\./,
  outcome: /outcomes not recorded yet/,
}

type Kind = keyof typeof kinds

export async function fillDisk({ fills, fullMs, thorough }: FullDisk): Promise<Finding> {
  const arrivals = await startArrivals(() => pause(answerMs).then(() => 200))
  const flaky = await startArrivals(failFirst())
  const flakyPaths = thorough ? ['/flaky'] : []
  const installation = createInstallation({ LOG_LEVEL: 'error' })
  const { client, dataDir } = installation
  const disk = createSmallDisk(dataDir, mebibytes)
  const met = new Map<Kind, number>()
  const seen: Seen = { faults: 0, refused: 0, unready: 0, recoveriesMs: [] }
  let running = await installation.server()
  try {
    for (const path of paths) await client.addHook(`${arrivals.url}${path}`)
    for (const path of flakyPaths) await client.addHook(`${flaky.url}${path}`)
    const stream = postUntilStopped(client)
    if (thorough) await checkpointWithoutRoom(disk, running, installation, seen)
    const restarted = await killWithoutRoom(disk, running, installation, seen)
    countKinds(running, met)
    running = restarted.running
    const metAll = () => Object.keys(kinds).every((kind) => met.has(kind as Kind))
    for (let fill = 0; fill < fills || (thorough && !metAll() && fill < fills + mostExtraFills); fill += 1) {
      const from = running.printed().length
      await fillOnce(disk, running, installation, seen, fullMs)
      countKinds(running, met, from)
    }
    await holdLock(running, installation, seen, fullMs)
    const failing = thorough && canTrace() ? writeErrors : []
    for (const error of failing) await failWrites(error, running, installation, seen, fullMs)
    await stream.stop()
    const unaskedMs = await recoverUnasked(disk, running, client)
    await allDelivered(client, arrivals, paths, quietMs)
    await allDelivered(client, flaky, flakyPaths, quietMs)
    await running.end('SIGTERM')

    const start = await startUnwritable()
    const scored = score(client, arrivals, paths)
    const late = score(client, flaky, flakyPaths)
    const missing = missingOf(client, dataDir)
    const integrity = integrityOf(dataDir)
    const slowest = Math.max(...seen.recoveriesMs, unaskedMs)
    const again = `${Math.round(slowest)} ms at most; ${Math.round(unaskedMs)} ms with nothing posted`
    return {
      ...scored,
      delivered: scored.delivered + late.delivered,
      lost: scored.lost + late.lost,
      done: `${seen.faults} faults: ${disk.way}, kill -9, held lock${failing.length > 0 ? ', EROFS, EIO' : ''}; ${start.way}`,
      checks: [
        ...soundness(scored),
        check('false 2xx 0', `${missing} of ${scored.accepted} not in the ledger`, missing === 0),
        ...refusalsOf(client),
        check('refused while it lasts', ofFaults(seen.refused, seen), seen.refused === seen.faults),
        check('/readyz says so meanwhile', ofFaults(seen.unready, seen), seen.unready === seen.faults),
        ...(thorough ? [check('every kind of write met it', written(met, disk.isDisk), metAll())] : []),
        check('kill -9 while full: integrity_check ok', restarted.integrity, restarted.integrity === 'ok'),
        ...(disk.isDisk
          ? [check('a start without room serves or says why', restarted.start, restarted.start !== 'neither')]
          : []),
        check('then it serves again, without a restart', again, Number.isFinite(slowest)),
        figure(`that takes at most ${recoveryMs / 1000} s`, again, slowest <= recoveryMs),
        check('integrity_check ok at the end', integrity, integrity === 'ok'),
        check(
          'where it cannot write, a server says why, and ends',
          `${start.explained} of ${start.starts}`,
          start.explained === start.starts,
        ),
        check('and breaks nothing', start.unbroken ? 'all as before' : start.said, start.unbroken),
      ],
    }
  } finally {
    await running.end('SIGKILL')
    disk.remove()
    await installation.end()
    await Promise.all([arrivals.close(), flaky.close()])
  }
}

/** Answers 500 the first time. */
function failFirst(): Answer {
  const known = new Set<string>()
  return ({ release }) => {
    if (known.has(release)) return 200
    known.add(release)
    return 500
  }
}

/** What was seen of the server by those outside it. */
interface Seen {
  faults: number
  /** Faults during which a post was refused with 503. */
  refused: number
  /** Faults during which /readyz said that events cannot be stored. */
  unready: number
  /** From the end of each fault until a post was accepted and /readyz said that all is well, ms. */
  recoveriesMs: number[]
}

function postUntilStopped(client: Client): { stop(): Promise<void> } {
  let stopped = false
  const places = Array.from({ length: atOnce }, async () => {
    for (; !stopped && !client.closed; await pause(gapMs)) await client.post()
  })
  return {
    async stop() {
      stopped = true
      await Promise.all(places)
    },
  }
}

/** The WAL is as long as it gets, so there is room in it: only a checkpoint that fails makes a post fail then. */
async function checkpointWithoutRoom(
  disk: SmallDisk,
  running: ServerProcess,
  installation: Installation,
  seen: Seen,
): Promise<void> {
  const wal = join(installation.dataDir, `${ledgerFile}-wal`)
  const isLong = () => existsSync(wal) && statSync(wal).size >= checkpointBytes
  if (disk.isDisk) await until('the WAL is as long as it gets', isLong, 60_000)
  disk.fill(running.pid)
  await watchFault(running, installation.client, seen)
  await recover(() => disk.empty(running.pid), running, installation.client, seen)
}

async function fillOnce(
  disk: SmallDisk,
  running: ServerProcess,
  { client, dataDir }: Installation,
  seen: Seen,
  fullMs: number,
): Promise<void> {
  await pause(Math.random() * 400)
  shortenWal(dataDir)
  disk.fill(running.pid)
  await watchFault(running, client, seen)
  for (const until = Date.now() + fullMs; Date.now() < until; ) {
    await disk.yieldALittle(running.pid)
    await pause(50)
  }
  await recover(() => disk.empty(running.pid), running, client, seen)
}

/** Kills the server while there is no room, starts one while there still is none, and ends with one that serves. */
async function killWithoutRoom(
  disk: SmallDisk,
  running: ServerProcess,
  installation: Installation,
  seen: Seen,
): Promise<{ running: ServerProcess; integrity: string; start: string }> {
  shortenWal(installation.dataDir)
  disk.fill(running.pid)
  await watchFault(running, installation.client, seen)
  await running.end('SIGKILL')
  const integrity = integrityOf(installation.dataDir)
  const start = disk.isDisk ? await startWithoutRoom(installation) : 'not tried'
  // A limit went with its process.
  if (disk.isDisk) disk.empty(running.pid)
  return { running: await installation.server(), integrity, start }
}

async function startWithoutRoom(installation: Installation): Promise<string> {
  const started = runGemherald(['serve'], installation.environment())
  const begins = await started.prints(/listens on|cannot be used: .* Make room on its disk/).catch(() => null)
  const code = await started.end('SIGTERM')
  if (begins === null || (code === 0) !== begins[0].includes('listens')) return 'neither'
  return code === 0 ? 'serves' : 'says why'
}

/** Another process writes for a long time, which nobody should: the ledger is there and cannot be written. */
async function holdLock(
  running: ServerProcess,
  { client, dataDir }: Installation,
  seen: Seen,
  heldMs: number,
): Promise<void> {
  const other = new Database(join(dataDir, ledgerFile), { timeout: 10_000 })
  try {
    other.exec('BEGIN IMMEDIATE')
    await watchFault(running, client, seen)
    await pause(heldMs)
  } finally {
    await recover(() => other.close(), running, client, seen)
  }
}

/** What a file system says that has become read-only, and what a disk says that could not sync. */
const writeErrors = ['pwrite64:error=EROFS', 'fsync,fdatasync:error=EIO']

/** The system calls on the ledger fail, though the server has its files open. */
async function failWrites(
  error: string,
  running: ServerProcess,
  { client, dataDir }: Installation,
  seen: Seen,
  lengthMs: number,
): Promise<void> {
  const files = ['', '-wal'].flatMap((suffix) => ['-P', join(dataDir, ledgerFile + suffix)])
  const strace = await attachStrace(running.pid, [...files, '-e', `inject=${error}`])
  try {
    await watchFault(running, client, seen)
    await pause(lengthMs)
  } finally {
    await strace.end()
    await recover(() => undefined, running, client, seen)
  }
}

/** Nobody posts anything that would show that there is room again; how long it takes until the server knows, ms. */
async function recoverUnasked(disk: SmallDisk, running: ServerProcess, client: Client): Promise<number> {
  disk.fill(running.pid)
  await within(async () => (await client.postOnce()) === 503)
  disk.empty(running.pid)
  const begun = performance.now()
  const ready = await within(() => readyz(running).then(({ status }) => status === 200))
  await client.post()
  return ready === 1 ? performance.now() - begun : Number.POSITIVE_INFINITY
}

const patienceMs = 15_000
/** More than the first retry takes. */
const quietMs = 15_000

/** Waits until the fault is felt, and notes what is said of it. */
async function watchFault(running: ServerProcess, client: Client, seen: Seen): Promise<void> {
  seen.faults += 1
  const before = client.statuses.get(503) ?? 0
  const refused = () => (client.statuses.get(503) ?? 0) > before
  seen.refused += await within(refused)
  const saysSo = async () => {
    const { status, problems } = await readyz(running)
    return status === 503 && problems.some((problem) => problem.includes('Events cannot be stored'))
  }
  seen.unready += await within(saysSo)
}

/** 1 when it came about in time, else 0. */
async function within(condition: () => boolean | Promise<boolean>): Promise<number> {
  return until('it is so', condition, patienceMs).then(
    () => 1,
    () => 0,
  )
}

async function recover(
  endFault: () => void,
  running: ServerProcess,
  client: Client,
  seen: Seen,
): Promise<void> {
  endFault()
  const begun = performance.now()
  const before = client.accepted.size
  const accepts = await within(() => client.accepted.size > before)
  const ready = await within(() => readyz(running).then(({ status }) => status === 200))
  seen.recoveriesMs.push(accepts + ready === 2 ? performance.now() - begun : Number.POSITIVE_INFINITY)
}

async function readyz({ url }: ServerProcess): Promise<{ status: number; problems: string[] }> {
  const answer = await fetch(`${url}/readyz`)
  const { problems } = (await answer.json()) as { problems: string[] }
  return { status: answer.status, problems }
}

/** Without this a WAL that was longer once has room for a while, however full the disk is. */
function shortenWal(dataDir: string): void {
  const beside = new Database(join(dataDir, ledgerFile))
  beside.pragma('wal_checkpoint(TRUNCATE)')
  beside.close()
}

/** What the server's log says of the writes that failed: each names the one that it was. */
function countKinds(server: ServerProcess, met: Map<Kind, number>, from = 0): void {
  const lines = server.printed().slice(from).split('\n')
  for (const [kind, pattern] of Object.entries(kinds) as [Kind, RegExp][]) {
    const count = lines.filter((line) => pattern.test(line)).length
    if (count > 0) met.set(kind, (met.get(kind) ?? 0) + count)
  }
}

function written(met: Map<Kind, number>, checkpoint: boolean): string {
  const counts = Object.keys(kinds).map((kind) => `${kind} ${met.get(kind as Kind) ?? 0}`)
  return [...counts, ...(checkpoint ? ['checkpoint 1'] : [])].join(', ')
}

function ofFaults(count: number, { faults }: Seen): string {
  return `${count} of ${faults}`
}

function refusalsOf({ statuses, bareRefusals }: Client): Check[] {
  const other = [...statuses.keys()].filter((status) => ![0, 200, 202, 503].includes(status))
  const found = `503 × ${statuses.get(503) ?? 0}, ${bareRefusals} without it${other.map((status) => `, ${status}`).join('')}`
  return [check('refusals are 503 with Retry-After', found, bareRefusals === 0 && other.length === 0)]
}

/** How many of the events that were answered 2xx are not in the ledger. */
function missingOf({ accepted }: Client, dataDir: string): number {
  const ledger = new Database(join(dataDir, ledgerFile), { readonly: true })
  const releaseOf = ledger.prepare("SELECT gem_name || ' ' || number FROM events WHERE id = ?").pluck()
  const missing = [...accepted].filter(([release, event]) => releaseOf.get(event) !== release)
  ledger.close()
  return missing.length
}
