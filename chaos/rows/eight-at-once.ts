import { join } from 'node:path'
import Database from 'better-sqlite3'
import { ledgerFile } from '../../src/ledger/open.js'
import { type GemheraldProcess, runGemherald } from '../../test/helpers/process.js'
import { until } from '../../test/helpers/wait.js'
import { createInstallation, type Installation } from '../installation.js'
import { integrityOf } from '../integrity.js'
import { check, type Finding, type Row } from '../row.js'

export interface EightAtOnce {
  times: number
}

/** Row 9: eight servers are started at the same moment where there is no ledger yet. */
export const eightAtOnce: Row<EightAtOnce> = {
  number: 9,
  fault: 'eight servers at once on an empty DATA_DIR',
  long: { times: 20 },
  quick: { times: 4 },
  run: startEightAtOnce,
}

const servers = 8
const startMs = 60_000

export async function startEightAtOnce({ times }: EightAtOnce): Promise<Finding> {
  const races: Race[] = []
  for (let time = 0; time < times; time += 1) races.push(await race())
  const count = (holds: (race: Race) => boolean) => races.filter(holds).length
  const all = (must: string, holds: (race: Race) => boolean) =>
    check(must, `${count(holds)} of ${times}`, count(holds) === times)
  return {
    done: `${times} × ${servers} starts`,
    accepted: null,
    delivered: null,
    lost: null,
    repeated: null,
    checks: [
      all('exactly one serves', ({ serving }) => serving === 1),
      all('the others end, and say why', ({ explained }) => explained === servers - 1),
      all('one schema, whole', ({ schema }) => schema),
    ],
  }
}

interface Race {
  serving: number
  /** How many ended with an exit code that is not 0 and named the folder in use. */
  explained: number
  schema: boolean
}

async function race(): Promise<Race> {
  const installation = createInstallation()
  const started = Array.from({ length: servers }, () => runGemherald(['serve'], installation.environment()))
  const codes: (number | NodeJS.Signals | null)[] = []
  for (const server of started) void server.ended.then((code) => codes.push(code))
  try {
    const decided = () => codes.length + started.filter(listens).length >= servers
    await until('all serve or have ended', decided, startMs)
    const serving = started.filter(listens)
    const explained = started.filter((server) => server.printed().includes('Another gemherald server')).length
    const failed = codes.filter((code) => typeof code === 'number' && code !== 0).length
    await Promise.all(started.map((server) => server.end('SIGKILL')))
    return {
      serving: serving.length,
      explained: Math.min(explained, failed),
      schema: schemaIsWhole(installation),
    }
  } finally {
    await Promise.all(started.map((server) => server.end('SIGKILL')))
    await installation.end()
  }
}

function listens(server: GemheraldProcess): boolean {
  return server.printed().includes('listens on')
}

/** Every migration was applied once, and the file is sound. */
function schemaIsWhole({ dataDir }: Installation): boolean {
  if (integrityOf(dataDir) !== 'ok') return false
  const ledger = new Database(join(dataDir, ledgerFile))
  const [applied, different] = ledger
    .prepare('SELECT count(*), count(DISTINCT hash) FROM __drizzle_migrations')
    .raw()
    .get() as [number, number]
  ledger.close()
  return applied > 0 && applied === different
}
