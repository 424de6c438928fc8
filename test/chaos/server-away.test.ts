import { describe, it } from 'vitest'
import { takeServerAway } from '../../chaos/rows/server-away.js'
import { redisHalf } from '../helpers/redis-server.js'
import { expectMet } from './expect-met.js'

describe.runIf(redisHalf)('a server that is away while workers finish what it leased', () => {
  it(
    'repeats nothing of it when it is back',
    async () => expectMet(await takeServerAway({ attempts: 200, awayMs: 0 })),
    150_000,
  )
})
