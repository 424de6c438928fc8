import { describe, it } from 'vitest'
import { faultRedis } from '../../chaos/rows/redis-faults.js'
import { redisHalf } from '../helpers/redis-server.js'
import { expectMet } from './expect-met.js'

describe.runIf(redisHalf)('a Redis that dies, comes back with nothing, and is wiped', () => {
  const faults = { kills: 1, flushes: 1, longestOutageMs: 500, eventsPerSecond: 20 }

  it(
    'stops no webhook from being accepted and delivered',
    async () => expectMet(await faultRedis(faults)),
    150_000,
  )
})
