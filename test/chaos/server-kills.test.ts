import { describe, it } from 'vitest'
import { killServers } from '../../chaos/rows/server-kills.js'
import { expectMet } from './expect-met.js'

describe('a server that is killed while webhooks are posted', () => {
  it(
    'keeps what it accepted, once, and delivers it',
    async () => expectMet(await killServers({ kills: 3, events: 240 })),
    60_000,
  )
})
