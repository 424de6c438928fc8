import { ok, type Result } from '../error.js'
import { type Accounts, accountsIn } from './accounts.js'
import { type Arrivals, arrivalsIn } from './arrivals.js'
import { type Catalog, catalogIn } from './catalog.js'
import { type Claims, claimsIn } from './claims.js'
import { type Deliveries, deliveriesIn } from './deliveries.js'
import { type DeliveryList, deliveryListIn } from './delivery-list.js'
import { type EndpointTroubles, endpointTroublesIn } from './endpoint-trouble.js'
import { type Endpoints, endpointsIn } from './endpoints.js'
import { type Events, eventsIn } from './events.js'
import { type FanOut, fanOutIn } from './fan-out.js'
import { type HookList, hookListIn } from './hook-list.js'
import { type Hooks, hooksIn } from './hooks.js'
import { type Inbox, inboxIn } from './inbox.js'
import { type IndexLines, indexLinesIn } from './index-lines.js'
import { installationIn } from './installation.js'
import { type Latencies, latenciesIn } from './latencies.js'
import { commitLightly, type Database, openDatabase, openDatabaseBeside, proveWritable } from './open.js'
import { type Outcomes, outcomesIn } from './outcomes.js'
import { type Redeliver, redeliverIn } from './redeliver.js'
import { type Releases, releasesIn } from './releases.js'
import { type Sessions, sessionsIn } from './sessions.js'
import { type Tallies, talliesIn } from './tallies.js'
import { type Upstreams, upstreamsIn } from './upstreams.js'

/** Everything gemherald remembers. The only room with SQL. */
export interface Ledger {
  /** Random id of this installation: makes message and job ids unique in the world. */
  installation: string
  accounts: Accounts
  hooks: Hooks
  hookList: HookList
  releases: Releases
  arrivals: Arrivals
  claims: Claims
  upstreams: Upstreams
  tallies: { read(): Tallies }
  catalog: Catalog
  indexLines: IndexLines
  fanOut: FanOut
  deliveries: Deliveries
  outcomes: Outcomes
  events: Events
  deliveryList: DeliveryList
  redeliver: Redeliver
  endpoints: Endpoints
  endpointTroubles: EndpointTroubles
  latencies: Latencies
  inbox: Inbox
  sessions: Sessions
  /** Runs `work` in one commit: all of it is kept, or nothing when it throws. */
  together<T>(work: () => T): T
  /** The same for dispatching, where a power failure may undo what is then done again: it does not wait for the disk. */
  lightly<T>(work: () => T): T
  /** Throws storage trouble when nothing can be written now. */
  proveWritable(): void
  close(): void
}

/** Opens, locks and migrates the ledger in `folder`. Fails with `conflict` when another server has it. */
export function openLedger(folder: string): Result<Ledger> {
  const opened = openDatabase(folder)
  return opened.ok ? ok(ledgerIn(opened.value)) : opened
}

/**
 * Opens the ledger in `folder` from a command, whether a server runs on it or not. Fails with `not_found` when there is no
 * ledger, and with `conflict` when a server of another version runs on it.
 */
export function openLedgerBeside(folder: string): Result<Ledger> {
  const opened = openDatabaseBeside(folder)
  return opened.ok ? ok(ledgerIn(opened.value)) : opened
}

function ledgerIn({ db, close }: { db: Database; close: () => void }): Ledger {
  const installation = installationIn(db)
  const deliveries = deliveriesIn(db)
  return {
    installation,
    accounts: accountsIn(db),
    hooks: hooksIn(db),
    hookList: hookListIn(db),
    releases: releasesIn(db),
    arrivals: arrivalsIn(db, installation),
    claims: claimsIn(db),
    upstreams: upstreamsIn(db),
    tallies: talliesIn(db),
    catalog: catalogIn(db),
    indexLines: indexLinesIn(db),
    fanOut: fanOutIn(db),
    deliveries,
    outcomes: outcomesIn(db),
    events: eventsIn(db),
    deliveryList: deliveryListIn(db, deliveries.aheadMs),
    redeliver: redeliverIn(db),
    endpoints: endpointsIn(db),
    endpointTroubles: endpointTroublesIn(db),
    latencies: latenciesIn(db),
    inbox: inboxIn(db),
    sessions: sessionsIn(db),
    together: (work) => db.$client.transaction(work).immediate(),
    lightly: (work) => commitLightly(db, work),
    proveWritable: () => proveWritable(db),
    close,
  }
}
