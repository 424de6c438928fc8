import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ReleaseIdentity } from '../ledger/arrivals.js'
import type { Wanted } from '../ledger/hooks.js'
import type { Ledger } from '../ledger/ledger.js'

const pageSize = 50

/** The ledger's releases of wanted gems, in slices of a few ms, so that the server goes on. */
export async function* ledgerReleases(
  catalog: Ledger['catalog'],
  { all, gemNames }: Wanted,
): AsyncGenerator<ReleaseIdentity & { yanked: boolean }, void, undefined> {
  if (all) {
    yield* everyRelease(catalog)
    return
  }
  for (const gemName of gemNames) {
    for (const { number, platform, yanked } of catalog.ofGem(gemName))
      yield { gemName, number, platform, yanked }
    await nextTurn()
  }
}

/** Each page goes on from the time at which the one before it ended: to skip all that came before would take ever longer. */
async function* everyRelease(catalog: Ledger['catalog']) {
  let from = 0
  let skipped = 0
  for (;;) {
    const page = catalog.createdBetween(from, Number.MAX_SAFE_INTEGER, pageSize, skipped)
    yield* page
    const last = page.at(-1)
    if (last === undefined) return
    const ofLastMoment = page.filter(({ createdAt }) => createdAt === last.createdAt).length
    skipped = last.createdAt === from ? skipped + page.length : ofLastMoment
    from = last.createdAt
    await nextTurn()
  }
}
