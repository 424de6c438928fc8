import { type AnyRow, anyRow } from './row.js'
import { badEndpoints } from './rows/bad-endpoints.js'
import { clockJumps } from './rows/clock-jumps.js'
import { crowdedStart } from './rows/crowded-start.js'
import { eightAtOnce } from './rows/eight-at-once.js'
import { fullDisk } from './rows/full-disk.js'
import { mailAndSlackFaults } from './rows/mail-and-slack-faults.js'
import { redisFaults } from './rows/redis-faults.js'
import { serverAway } from './rows/server-away.js'
import { serverKills } from './rows/server-kills.js'
import { soak } from './rows/soak.js'
import { stopSignals } from './rows/stop-signals.js'
import { syncedFirst } from './rows/synced-first.js'
import { workerKills } from './rows/worker-kills.js'

/** All rows of the scorecard, by number. */
export const rows: AnyRow[] = [
  anyRow(serverKills),
  anyRow(workerKills),
  anyRow(redisFaults),
  anyRow(serverAway),
  anyRow(fullDisk),
  anyRow(badEndpoints),
  anyRow(mailAndSlackFaults),
  anyRow(stopSignals),
  anyRow(eightAtOnce),
  anyRow(clockJumps),
  anyRow(soak),
  anyRow(crowdedStart),
  anyRow(syncedFirst),
]
