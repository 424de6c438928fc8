import { describe, it } from 'vitest'
import { fillDisk } from '../../chaos/rows/full-disk.js'
import { expectMet } from './expect-met.js'

describe('a full disk, and a ledger that cannot be written', () => {
  it(
    'lose nothing that was accepted, and are over when they are over',
    async () => expectMet(await fillDisk({ fills: 1, fullMs: 200, thorough: false })),
    60_000,
  )
})
