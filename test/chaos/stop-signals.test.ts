import { describe, it } from 'vitest'
import { signalStops } from '../../chaos/rows/stop-signals.js'
import { redisHalf } from '../helpers/redis-server.js'
import { expectMet } from './expect-met.js'

describe.runIf(redisHalf)('a server that is told to stop while it is at work', () => {
  it(
    'ends cleanly, with Redis and without, and neither cuts nor repeats nor loses anything',
    async () => expectMet(await signalStops({ signals: 2, installations: 1, slowestAnswerMs: 1_500 })),
    150_000,
  )
})
