import { z } from 'zod'
import { ok } from '../error.js'
import { countField } from './fields.js'
import { route } from './route.js'

const dayMs = 86_400_000

export const showStatistics = route({
  method: 'get',
  path: '/api/v1/statistics.json',
  operation: 'showStatistics',
  summary: 'Releases a day, and how long deliveries took',
  description: 'Days are in UTC; those on which nothing happened are left out.',
  input: z.object({ days: countField(366, 30).describe('How many days back, today among them.') }),
  answer: z.object({
    releases: z
      .array(z.object({ day: z.iso.date(), pushed: z.int(), yanked: z.int() }))
      .describe('Events received; `restored` ones count as pushed.'),
    latency: z
      .array(z.object({ day: z.iso.date(), count: z.int(), p50_ms: z.number(), p95_ms: z.number() }))
      .describe("From the receipt of an event to the end of the account's attempt that succeeded."),
  }),
  act({ accountId, given: { days } }, { ledger, now }) {
    const sinceDay = Math.floor(now() / dayMs) - days + 1
    return ok({
      releases: ledger.events
        .perDay(sinceDay)
        .map(({ day, pushed, yanked }) => ({ day: dateOf(day), pushed, yanked })),
      latency: ledger.latencies
        .read(accountId, sinceDay)
        .map(({ day, count, p50, p95 }) => ({ day: dateOf(day), count, p50_ms: p50, p95_ms: p95 })),
    })
  },
})

function dateOf(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10)
}
