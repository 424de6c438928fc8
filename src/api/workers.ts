import { z } from 'zod'
import { channels } from '../endpoint.js'
import { fail, ok } from '../error.js'
import { time, timeOf } from './fields.js'
import { route } from './route.js'

export const listWorkers = route({
  method: 'get',
  path: '/api/v1/workers.json',
  operation: 'listWorkers',
  summary: 'The worker processes that were seen within the last minute',
  operatorOnly: true,
  input: z.object({}),
  answer: z.object({
    workers: z.array(
      z.object({
        id: z.string(),
        host: z.string(),
        pid: z.int(),
        version: z.string(),
        channels: z.array(z.enum(channels)),
        started_at: time,
        seconds_ago: z.number().describe('Since it was last heard of.'),
      }),
    ),
  }),
  refusals: { 503: 'Redis cannot be asked.' },
  async act(_call, { transport }) {
    const workers = await transport.workers()
    if (workers === null) return fail('unavailable', 'Redis cannot be asked at present: see whether it runs.')
    return ok({
      workers: workers.map(({ id, host, pid, version, channels, startedAt, secondsAgo }) => ({
        id,
        host,
        pid,
        version,
        channels,
        started_at: timeOf(startedAt),
        seconds_ago: secondsAgo,
      })),
    })
  },
})
