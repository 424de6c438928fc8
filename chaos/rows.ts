import { type AnyRow, anyRow } from './row.js'
import { crowdedStart } from './rows/crowded-start.js'
import { eightAtOnce } from './rows/eight-at-once.js'
import { serverKills } from './rows/server-kills.js'
import { soak } from './rows/soak.js'
import { syncedFirst } from './rows/synced-first.js'

/** All rows of the scorecard, by number. */
export const rows: AnyRow[] = [
  anyRow(serverKills),
  anyRow(eightAtOnce),
  anyRow(soak),
  anyRow(crowdedStart),
  anyRow(syncedFirst),
]
