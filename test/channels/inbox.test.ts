import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { KeepInInbox } from '../../src/channels/inbox.js'
import { attemptMaker } from '../../src/channels/make-attempt.js'
import type { Job } from '../../src/delivery.js'
import { fail, ok } from '../../src/error.js'
import { aJob } from './jobs.js'
import { noon, openStage } from './stage.js'

const job = aJob({ channel: 'inbox', url: 'inbox:demo' })
const attempt = (inbox: KeepInInbox | null, given = job) => openStage({ inbox }).channels.attempt(given)
const unanswered = {
  statusCode: null,
  headers: null,
  response: null,
  retryAfterMs: null,
  endpointGone: false,
}

describe('the inbox channel', () => {
  it('gives the job and the name to who keeps it', async () => {
    const kept: [Job, string][] = []
    const told = await attempt((...given) => {
      kept.push(given)
      return ok(null)
    })
    expect(told).toEqual({
      startedAt: noon,
      durationMs: expect.any(Number),
      verdict: 'succeeded',
      statusCode: 200,
      headers: null,
      response: 'Kept in inbox:demo.',
      error: null,
      retryAfterMs: null,
      endpointGone: false,
    })
    expect(kept).toEqual([[job, 'demo']])
  })

  it('tries again when it could not be kept, and says why', async () => {
    const told = await attempt(() => fail('unavailable', 'The ledger cannot be written (disk full).'))
    expect(told).toMatchObject({
      ...unanswered,
      verdict: 'retry',
      error: 'The ledger cannot be written (disk full).',
    })
  })

  it('tries again where there is no ledger', async () => {
    expect(await attempt(null)).toMatchObject({
      ...unanswered,
      verdict: 'retry',
      error: 'Inboxes are kept by the server, and this attempt was made elsewhere.',
    })
  })

  it('gives up on what is no inbox', async () => {
    const never: KeepInInbox = () => {
      throw new Error('Nothing is to be kept.')
    }
    expect(await attempt(never, { ...job, url: 'inbox:No/Such' })).toMatchObject({
      ...unanswered,
      verdict: 'dead',
      error: '"inbox:No/Such" is no inbox.',
    })
  })

  it('takes nothing down when keeping breaks off', async () => {
    const { channels } = openStage({
      inbox: () => {
        throw new Error('a bug')
      },
    })
    const outcome = await attemptMaker(channels, () => noon, pino({ level: 'silent' }))(job)
    expect(outcome).toMatchObject({ deliveryId: job.deliveryId, verdict: 'retry' })
  })
})
