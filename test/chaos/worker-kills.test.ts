import { describe, it } from 'vitest'
import { killWorkers } from '../../chaos/rows/worker-kills.js'
import { redisHalf } from '../helpers/redis-server.js'
import { expectMet } from './expect-met.js'

describe.runIf(redisHalf)('workers that are killed in the middle of deliveries', () => {
  it(
    'repeat what was under way at most, under the same id, and lose nothing',
    async () => expectMet(await killWorkers({ kills: 2, endpoints: 50 })),
    150_000,
  )
})
