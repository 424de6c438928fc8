import { ok, type Result } from '../error.js'
import { type Accounts, accountsIn } from './accounts.js'
import { type Arrivals, arrivalsIn } from './arrivals.js'
import { type Catalog, catalogIn } from './catalog.js'
import { type Claims, claimsIn } from './claims.js'
import { type Deliveries, deliveriesIn } from './deliveries.js'
import { type FanOut, fanOutIn } from './fan-out.js'
import { type Hooks, hooksIn } from './hooks.js'
import { type IndexLines, indexLinesIn } from './index-lines.js'
import { installationIn } from './installation.js'
import { commitLightly, type Database, openDatabase, openDatabaseBeside, proveWritable } from './open.js'
import { type Outcomes, outcomesIn } from './outcomes.js'
import { type Releases, releasesIn } from './releases.js'
import { type Tallies, talliesIn } from './tallies.js'
import { type Upstreams, upstreamsIn } from './upstreams.js'

/** Everything gemherald remembers. The only room with SQL. */
export interface Ledger {
  /** Random id of this installation: makes message and job ids unique in the world. */
  installation: string
  accounts: Accounts
  hooks: Hooks
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
  return {
    installation,
    accounts: accountsIn(db),
    hooks: hooksIn(db),
    releases: releasesIn(db),
    arrivals: arrivalsIn(db, installation),
    claims: claimsIn(db),
    upstreams: upstreamsIn(db),
    tallies: talliesIn(db),
    catalog: catalogIn(db),
    indexLines: indexLinesIn(db),
    fanOut: fanOutIn(db),
    deliveries: deliveriesIn(db),
    outcomes: outcomesIn(db),
    together: (work) => db.$client.transaction(work).immediate(),
    lightly: (work) => commitLightly(db, work),
    proveWritable: () => proveWritable(db),
    close,
  }
}
