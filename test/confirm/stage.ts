import { pino } from 'pino'
import { type Confirmer, type ConfirmerParts, createConfirmer } from '../../src/confirm/confirmer.js'
import type { ConfirmMode } from '../../src/confirm/decide.js'
import { fail } from '../../src/error.js'
import type { Confirmation } from '../../src/event.js'
import type { Kept, Receipt } from '../../src/ledger/arrivals.js'
import type { Outbound, OutboundRequest } from '../../src/outbound/client.js'
import { creationTime, parsePayload } from '../../src/payload.js'
import { openTempLedger, type TempLedger } from '../helpers/temp-ledger.js'
import { until } from '../helpers/wait.js'
import { payloadOf } from '../helpers/webhooks.js'
import { type Stage, setStage } from '../rubygems/stage.js'

/** What the ledger says of an event's check. */
export interface EventRow {
  kind: string
  confirmation: Confirmation | null
  doubt: string | null
  facts: Buffer | null
  check_at: number | null
  fanned_out_at: number | null
  checks: number
}

/** The stand-in for the upstream, a ledger with a hook on everything, and confirmers between the two. */
export interface ConfirmStage extends Stage {
  temp: TempLedger
  /** What was logged, one object per line. */
  logs: Record<string, unknown>[]
  /** Lines of level warn, as `event: message`. */
  warnings(): string[]
  /** Hands the ledger a webhook with these keys that is to be checked, received now. */
  offer(facts?: Record<string, unknown>): Receipt
  /** As `offer`, and it must be kept. */
  claim(facts?: Record<string, unknown>): Kept
  /** Starts a confirmer; `stop` and `close` stop it. */
  confirm(mode: ConfirmMode, parts?: Partial<ConfirmerParts>): Confirmer
  /** Stops the confirmer that runs. */
  stop(): Promise<void>
  /** Waits until the confirmer has nothing to do at this time. */
  settled(): Promise<void>
  /** Puts the clock forward, and waits until that has had its effect. */
  pass(ms: number): Promise<void>
  event(id: number): EventRow
  /** Names, numbers and platforms that anybody is told of, in order. */
  told(): string[]
}

export async function setConfirmStage(): Promise<ConfirmStage> {
  const stage = await setStage()
  const temp = openTempLedger()
  temp.hook()
  const logs: Record<string, unknown>[] = []
  let confirmer: Confirmer | undefined

  const confirmStage: ConfirmStage = {
    ...stage,
    get time() {
      return stage.time
    },
    set time(to) {
      stage.time = to
    },
    client: (parts = {}) => stage.client({ sleep: (ms) => waitTogether(stage, ms), ...parts }),
    temp,
    logs,
    warnings: () => logs.filter(({ level }) => level === 40).map(({ event, msg }) => `${event}: ${msg}`),
    offer(facts = {}) {
      const payload = payloadOf(facts)
      const parsed = parsePayload(payload)
      if (!parsed.ok) throw new Error(parsed.problem.message)
      const { name: gemName, version: number, platform, yanked } = parsed.value
      const receivedAt = stage.time
      const createdAt = creationTime(parsed.value, receivedAt)
      const release = { gemName, number, platform, yanked }
      const [receipt] = temp.ledger.arrivals.record([
        { ...release, payload, receivedAt, createdAt, source: 'webhook', toCheck: true },
      ])
      if (receipt === undefined) throw new Error('The ledger gave no receipt.')
      return receipt
    },
    claim(facts) {
      const receipt = confirmStage.offer(facts)
      if (receipt.status === 'crowded') throw new Error('The ledger did not keep it.')
      return receipt
    },
    confirm(mode, parts = {}) {
      confirmer = createConfirmer({
        mode,
        ledger: temp.ledger,
        rubygems: confirmStage.client(),
        now: () => stage.time,
        log: pino({ level: 'debug' }, { write: (line) => logs.push(JSON.parse(line)) }),
        wake: () => {},
        ...parts,
      })
      confirmer.start()
      return confirmer
    },
    async stop() {
      await confirmer?.stop()
      confirmer = undefined
    },
    settled: () =>
      until('no check is due', () => {
        confirmer?.wake()
        return temp.ledger.claims.due(stage.time, 1).length === 0
      }),
    async pass(ms) {
      stage.time += ms
      await confirmStage.settled()
    },
    event(id) {
      const [row] = temp.query<EventRow>('SELECT * FROM events WHERE id = ?', id)
      if (row === undefined) throw new Error(`There is no event ${id}.`)
      return row
    },
    told() {
      temp.fanOut(stage.time)
      return temp
        .query<{ told: string }>(
          `SELECT kind || ' ' || gem_name || ' ' || number || ' ' || platform AS told
           FROM deliveries JOIN events ON events.id = event_id ORDER BY deliveries.id`,
        )
        .map(({ told }) => told)
    },
    async close() {
      await confirmStage.stop()
      await stage.close()
      temp.remove()
    },
  }
  return confirmStage
}

/** A way out on which nothing ever comes back: what waits for an answer puts the made clock forward. */
export function silence(stage: Stage): Pick<Outbound, 'request'> & { asked: OutboundRequest[] } {
  const asked: OutboundRequest[] = []
  return {
    asked,
    async request(request) {
      asked.push(request)
      await waitTogether(stage, request.timeoutMs ?? 0)
      return fail('unavailable', 'no answer in time')
    },
  }
}

/** Puts the made clock forward; those who wait at the same time wait together. */
export async function waitTogether(stage: Pick<Stage, 'time'>, ms: number): Promise<void> {
  const end = stage.time + ms
  await new Promise((resolve) => setImmediate(resolve))
  stage.time = Math.max(stage.time, end)
}
