import { z } from 'zod'
import { channels } from '../endpoint.js'
import { ok } from '../error.js'
import { mostCounted } from '../ledger/events.js'
import { idPageFields, nextField, pageOf } from './paging.js'
import { route } from './route.js'

const deadSchema = z
  .object({
    endpoint: z.int().describe('Its id.'),
    channel: z.enum(channels),
    url: z.string(),
    disabled_reason: z.string().nullable().describe('Null: it is not disabled.'),
    dead: z.int().describe(`How many deliveries to it are dead, counted up to ${mostCounted}.`),
  })
  .meta({ id: 'DeadOfEndpoint', description: 'What was given up, of one endpoint.' })

export const listDead = route({
  method: 'get',
  path: '/api/v1/dead.json',
  operation: 'listDead',
  summary: 'How much was given up, by endpoint',
  description:
    '`/api/v1/deliveries.json?state=dead` lists the deliveries themselves; POST to `/api/v1/redeliveries.json` sends them again.',
  input: z.object(idPageFields),
  answer: z.object({ endpoints: z.array(deadSchema), next: nextField }),
  act({ accountId, given: { cursor: after = null, limit } }, { ledger }) {
    const { rows, next } = pageOf(
      limit,
      (most) => ledger.deliveryList.deadByEndpoint(accountId, { after, limit: most }),
      ({ endpointId }) => endpointId,
    )
    const endpoints = rows.map(({ endpointId, channel, url, disabledReason, dead }) => ({
      endpoint: endpointId,
      channel,
      url,
      disabled_reason: disabledReason,
      dead,
    }))
    return ok({ endpoints, next })
  },
})
