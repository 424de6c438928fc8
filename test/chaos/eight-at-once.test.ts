import { describe, it } from 'vitest'
import { startEightAtOnce } from '../../chaos/rows/eight-at-once.js'
import { expectMet } from './expect-met.js'

describe('eight servers at once on an empty folder', () => {
  it(
    'make one ledger, and one of them serves',
    async () => expectMet(await startEightAtOnce({ times: 1 })),
    60_000,
  )
})
