import { describe, it } from 'vitest'
import { refuseMailAndSlack } from '../../chaos/rows/mail-and-slack-faults.js'
import { expectMet } from './expect-met.js'

describe('a mail server and Slack that refuse, drop and limit', () => {
  it(
    'get what they are to get, when they are to get it',
    async () => expectMet(await refuseMailAndSlack({ thorough: false, burst: 4 })),
    60_000,
  )
})
