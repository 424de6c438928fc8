import { describe, it } from 'vitest'
import { suffer } from '../../chaos/rows/bad-endpoints.js'
import { redisHalf } from '../helpers/redis-server.js'
import { expectMet } from './expect-met.js'

const short = { posts: 6, gapMs: 50 }

describe('endpoints that hang, drip and flood', () => {
  it('harm no good one', async () => expectMet(await suffer({ ...short, ways: ['in-process'] })), 60_000)

  it.runIf(redisHalf)(
    'harm no good one over Redis',
    async () => expectMet(await suffer({ ...short, ways: ['over Redis'] })),
    60_000,
  )
})
