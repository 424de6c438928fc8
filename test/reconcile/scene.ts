import { pino } from 'pino'
import type { Pass } from '../../src/reconcile/pass.js'
import { createReconciler, type Reconciler, type ReconcilerParts } from '../../src/reconcile/reconciler.js'
import type { RubygemsParts } from '../../src/rubygems/client.js'
import type { OrgRelease, RubygemsOrg } from '../helpers/rubygems-org.js'
import { openTempLedger, type TempLedger } from '../helpers/temp-ledger.js'
import { type Stage, setStage } from '../rubygems/stage.js'

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

/** A ledger that catches up with the stand-in for RubyGems.org, with a clock that is made. */
export interface Scene {
  stage: Stage
  org: RubygemsOrg
  temp: TempLedger
  /** What was logged: level and message. */
  logs: { level: number; msg: string; reason?: string }[]
  /** How often the dispatcher was woken. */
  readonly wakes: number
  readonly reconciler: Reconciler
  /** One pass. */
  pass(): Promise<Pass>
  /** Puts the clock forward. */
  later(ms: number): void
  /** Stops the reconciler and begins anew on the same ledger, as a new process does, with other parts if told. */
  restart(changes?: { parts?: Partial<ReconcilerParts>; client?: Partial<RubygemsParts> }): Promise<void>
  /** Keeps a webhook about a release, as the receiver does. */
  webhook(release: OrgRelease): void
  /** All events: `pushed rails 8.1.3`, with the platform where it is not ruby, in the order in which they were kept. */
  events(): string[]
  /** The same with their sources: `pushed rails 8.1.3 by webhook, catch-up`. */
  sources(): string[]
  close(): Promise<void>
}

/** Nobody wants anything yet. */
export async function setScene(): Promise<Scene> {
  const stage = await setStage()
  const temp = openTempLedger()
  const logs: Scene['logs'] = []
  let wakes = 0
  let reconciler: Reconciler

  const begin: Scene['restart'] = async ({ parts = {}, client = {} } = {}) => {
    reconciler = createReconciler({
      ledger: temp.ledger,
      rubygems: stage.client(client),
      host: stage.org.url,
      dataDir: temp.folder,
      now: () => stage.time,
      log: pino({ level: 'trace' }, { write: (line) => logs.push(JSON.parse(line)) }),
      wake: () => {
        wakes += 1
      },
      ...parts,
    })
  }
  await begin()

  const rows = () =>
    temp.query<Record<'kind' | 'gem_name' | 'number' | 'platform', string> & Record<string, unknown>>(
      'SELECT * FROM events ORDER BY id',
    )
  const nameOf = ({ kind, gem_name, number, platform }: ReturnType<typeof rows>[0]) =>
    `${kind} ${gem_name} ${number}${platform === 'ruby' ? '' : ` ${platform}`}`

  return {
    stage,
    org: stage.org,
    temp,
    logs,
    get wakes() {
      return wakes
    },
    get reconciler() {
      return reconciler
    },
    pass: () => reconciler.passNow(),
    later(ms) {
      stage.time += ms
    },
    async restart(changes) {
      await reconciler.stop()
      temp.reopen()
      await begin(changes)
    },
    webhook(release) {
      temp.arrive(stage.org.payloadOf(release), stage.time)
    },
    events: () => rows().map(nameOf),
    sources: () =>
      rows().map((row) => {
        const by = [row.webhook_at === null ? [] : 'webhook', row.catch_up_at === null ? [] : 'catch-up']
        return `${nameOf(row)} by ${by.flat().join(', ')}`
      }),
    async close() {
      await reconciler.stop()
      temp.remove()
      await stage.close()
    },
  }
}
