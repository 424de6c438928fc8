import { describe, it } from 'vitest'
import { soakServer } from '../../chaos/rows/soak.js'
import { expectMet } from './expect-met.js'

describe('a server under steady load', () => {
  it(
    'refuses nothing and delivers all',
    async () => expectMet(await soakServer({ minutes: 0.05, eventsPerSecond: 100 })),
    60_000,
  )
})
