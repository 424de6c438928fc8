import { z } from 'zod'
import type { Outcome } from '../delivery.js'

const outcome: z.ZodType<Outcome> = z.object({
  deliveryId: z.int(),
  attempt: z.int(),
  startedAt: z.number(),
  durationMs: z.number(),
  verdict: z.enum(['succeeded', 'retry', 'dead']),
  statusCode: z.int().nullable(),
  headers: z.record(z.string(), z.string()).nullable(),
  response: z.string().nullable(),
  error: z.string().nullable(),
  retryAfterMs: z.number().nullable(),
  endpointGone: z.boolean(),
})

/** What a worker handed in, if this version understands it; undefined when not. */
export function readOutcomes(handedIn: unknown): Outcome[] | undefined {
  const parsed = z.array(outcome).safeParse(handedIn)
  return parsed.success ? parsed.data : undefined
}
