import { rmSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { Outcome } from '../../src/delivery.js'
import { fanOutSome } from '../../src/dispatch/fan-out.js'
import { type Channel, channels } from '../../src/endpoint.js'
import type { Kept } from '../../src/ledger/arrivals.js'
import type { Lease } from '../../src/ledger/deliveries.js'
import { type Ledger, openLedger } from '../../src/ledger/ledger.js'
import { creationTime, parsePayload } from '../../src/payload.js'
import { newLedgerFolder } from './new-ledger.js'
import { payloadOf } from './webhooks.js'

/** When things happen in tests that do not care, ms since the epoch. */
export const testTime = Date.UTC(2026, 8, 1, 12)

const urls: Record<Channel, string> = {
  webhook: 'http://127.0.0.1:9/hook',
  slack: 'http://127.0.0.1:9/slack',
  email: 'mailto:team@example.com',
  inbox: 'inbox:demo',
}

/**
 * A real ledger in a folder of its own, with short ways to fill it and to look into it. Keep it whole, since `ledger`
 * is another one after `reopen`.
 */
export interface TempLedger {
  ledger: Ledger
  /** Where it lies: `DATA_DIR`. */
  folder: string
  /** Id of the account with this name (`default` unless told), created when missing. */
  account(name?: string): number
  /** Registers a hook (gem `*`, a webhook, a URL that suits the channel, account `default` unless told); its endpoint's id. */
  hook(hook?: { gemName?: string; url?: string; channel?: Channel; account?: string }, at?: number): number
  /** Keeps a webhook with these keys (see `payloadOf`) as if it had been received; what became of it. */
  arrive(facts?: Record<string, unknown>, at?: number): Kept
  /** Writes the deliveries of all events that lack some. */
  fanOut(at?: number): void
  /** Everything that is due on all channels, in the order in which the ledger offers it. Nothing is leased. */
  due(): Lease[]
  /** Runs SQL that only reads, over a connection of its own, and gives the rows: for what the ledger's interface hides. */
  query<Row = Record<string, unknown>>(sql: string, ...parameters: unknown[]): Row[]
  /** Runs SQL that writes, over a connection of its own: for states that would take months to come about. */
  change(sql: string, ...parameters: unknown[]): void
  /** Closes the ledger and opens it again, as a restart does; `ledger` is the new one afterwards. */
  reopen(): void
  /** Closes the ledger and removes its folder. */
  remove(): void
}

/**
 * Opens a new, empty ledger. Remove it when the test is over:
 *
 *     let temp: TempLedger
 *     beforeEach(() => { temp = openTempLedger() })
 *     afterEach(() => temp.remove())
 */
export function openTempLedger(): TempLedger {
  const folder = newLedgerFolder('gemherald-ledger-')
  let ledger = open(folder)

  const direct = <T>(work: (connection: Sqlite.Database) => T): T => {
    const connection = new Sqlite(join(folder, 'ledger.db'))
    try {
      return work(connection)
    } finally {
      connection.close()
    }
  }
  const account = (name = 'default') => ledger.accounts.ensure(name, testTime)

  return {
    get ledger() {
      return ledger
    },
    folder,
    account,

    hook({ gemName = '*', channel = 'webhook', url = urls[channel], account: owner } = {}, at) {
      const accountId = account(owner)
      ledger.hooks.create({ accountId, gemName, url, channel }, at ?? testTime)
      return direct((connection) =>
        connection
          .prepare('SELECT endpoint_id FROM hooks WHERE account_id = ? AND gem_name = ? AND url = ?')
          .pluck()
          .get(accountId, gemName, url),
      ) as number
    },

    arrive(facts = {}, at = testTime) {
      const payload = payloadOf(facts)
      const parsed = parsePayload(payload)
      if (!parsed.ok) throw new Error(`Not a payload: ${parsed.problem.message}`)
      const { name: gemName, version: number, platform, yanked } = parsed.value
      const [receipt] = ledger.arrivals.record([
        {
          gemName,
          number,
          platform,
          yanked,
          payload,
          receivedAt: at,
          createdAt: creationTime(parsed.value, at),
          source: 'webhook',
          toCheck: false,
        },
      ])
      if (receipt === undefined || receipt.status === 'crowded')
        throw new Error('The ledger did not keep it.')
      return receipt
    },

    fanOut(at = testTime) {
      while (fanOutSome(ledger, at));
    },

    due() {
      const leases: Lease[] = []
      for (const channel of channels) {
        let endpointId = ledger.deliveries.nextDueEndpoint(channel, 0)
        while (endpointId !== undefined) {
          leases.push(...ledger.deliveries.due(channel, endpointId, Number.MAX_SAFE_INTEGER))
          endpointId = ledger.deliveries.nextDueEndpoint(channel, endpointId)
        }
      }
      return leases
    },

    query: <Row>(sql: string, ...parameters: unknown[]) =>
      direct((connection) => connection.prepare(sql).all(...parameters) as Row[]),

    change: (sql, ...parameters) => direct((connection) => connection.prepare(sql).run(...parameters)),

    reopen() {
      ledger.close()
      ledger = open(folder)
    },

    remove() {
      ledger.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** The outcome of the attempt that a delivery was leased for: a success that took 12 ms, unless `changes` say otherwise. */
export function outcomeOf(
  { deliveryId, attempt }: Pick<Lease, 'deliveryId' | 'attempt'>,
  changes: Partial<Outcome> = {},
): Outcome {
  return {
    deliveryId,
    attempt,
    startedAt: testTime,
    durationMs: 12,
    verdict: 'succeeded',
    statusCode: 200,
    headers: null,
    response: null,
    error: null,
    retryAfterMs: null,
    endpointGone: false,
    ...changes,
  }
}

function open(folder: string): Ledger {
  const opened = openLedger(folder)
  if (!opened.ok) throw new Error(opened.problem.message)
  return opened.value
}
