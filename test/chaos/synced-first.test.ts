import { describe, it } from 'vitest'
import { watchSyncs } from '../../chaos/rows/synced-first.js'
import { canTrace } from '../../chaos/strace.js'
import { expectMet } from './expect-met.js'

// Where system calls may not be watched, test/ledger/open.test.ts shows at least that commits wait for the disk.
describe.runIf(canTrace())('the system calls of a server', () => {
  it('sync what was written to the WAL before the 202', async () =>
    expectMet(await watchSyncs({ events: 30 })))
})
