import { ok, type Result } from '../error.js'
import { type Accounts, accountsIn } from './accounts.js'
import { type Arrivals, arrivalsIn } from './arrivals.js'
import { type Catalog, catalogIn } from './catalog.js'
import { type Deliveries, deliveriesIn } from './deliveries.js'
import { type FanOut, fanOutIn } from './fan-out.js'
import { type Hooks, hooksIn } from './hooks.js'
import { installationIn } from './installation.js'
import { commitLightly, openDatabase } from './open.js'
import { type Outcomes, outcomesIn } from './outcomes.js'
import { type Releases, releasesIn } from './releases.js'

/** Everything gemherald remembers. The only room with SQL. */
export interface Ledger {
  /** Random id of this installation: makes message and job ids unique in the world. */
  installation: string
  accounts: Accounts
  hooks: Hooks
  releases: Releases
  arrivals: Arrivals
  catalog: Catalog
  fanOut: FanOut
  deliveries: Deliveries
  outcomes: Outcomes
  /** Runs `work` in one commit: all of it is kept, or nothing when it throws. */
  together<T>(work: () => T): T
  /** The same for dispatching, where a power failure may undo what is then done again: it does not wait for the disk. */
  lightly<T>(work: () => T): T
  close(): void
}

/** Opens, locks and migrates the ledger in `folder`. Fails with `conflict` when another server has it. */
export function openLedger(folder: string): Result<Ledger> {
  const opened = openDatabase(folder)
  if (!opened.ok) return opened
  const { db, close } = opened.value
  return ok({
    installation: installationIn(db),
    accounts: accountsIn(db),
    hooks: hooksIn(db),
    releases: releasesIn(db),
    arrivals: arrivalsIn(db),
    catalog: catalogIn(db),
    fanOut: fanOutIn(db),
    deliveries: deliveriesIn(db),
    outcomes: outcomesIn(db),
    together: (work) => db.$client.transaction(work).immediate(),
    lightly: (work) => commitLightly(db, work),
    close,
  })
}
