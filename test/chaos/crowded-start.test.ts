import { describe, it } from 'vitest'
import { startCrowded } from '../../chaos/rows/crowded-start.js'
import { expectMet } from './expect-met.js'

describe('a server that owes much when it starts', () => {
  it(
    'delivers all of it',
    async () => expectMet(await startCrowded({ events: 100, endpoints: 20, toTheLast: true })),
    60_000,
  )
})
