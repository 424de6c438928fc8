import { describe, it } from 'vitest'
import { jumpClocks } from '../../chaos/rows/clock-jumps.js'
import { redisHalf } from '../helpers/redis-server.js'
import { expectMet } from './expect-met.js'

const short = { times: 1, releases: 3, stride: 0.1 }

describe('a clock that is set while retries wait', () => {
  it(
    'makes none early and leaves none stuck',
    async () => expectMet(await jumpClocks({ ...short, transports: ['in-process'] })),
    60_000,
  )

  it.runIf(redisHalf)(
    'does so no more over Redis',
    async () => expectMet(await jumpClocks({ ...short, transports: ['redis'] })),
    60_000,
  )
})
