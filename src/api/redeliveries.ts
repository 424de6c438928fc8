import { z } from 'zod'
import { ok } from '../error.js'
import type { Redelivery } from '../redeliver/redeliveries.js'
import { deliveryFields, filterOf } from './deliveries.js'
import { textField, time, timeOrNull } from './fields.js'
import { missing, route } from './route.js'

const redeliverySchema = z
  .object({
    id: z.string(),
    state: z.enum(['running', 'finished', 'failed']),
    total: z.int().describe('How many are known to match; it grows while they are counted'),
    done: z.int().describe('How many were looked at, the skipped ones among them.'),
    skipped: z.int().describe('How many stay dead: their endpoint is disabled.'),
    endpoint: z.int().nullable(),
    event: z.int().nullable(),
    since: time.nullable(),
    until: time.nullable(),
  })
  .meta({ id: 'Redelivery', description: 'Dead deliveries that were asked for again, all that match.' })

export const startRedelivery = route({
  method: 'post',
  path: '/api/v1/redeliveries.json',
  operation: 'startRedelivery',
  summary: 'Send all dead deliveries that match again',
  description:
    'All of the account without any parameter. It goes on by itself: look how far it is with its id.',
  input: z.object(deliveryFields),
  status: 202,
  answer: redeliverySchema,
  refusals: { 404: 'There is no such endpoint of the account, or no such event.' },
  act({ accountId, given }, { ledger, redeliveries, log }) {
    const { endpoint, event } = given
    if (endpoint !== undefined && ledger.endpoints.find(accountId, endpoint) === undefined) return missing
    if (event !== undefined && ledger.events.find(event) === undefined) return missing
    const redelivery = redeliveries.start(accountId, filterOf(given))
    log.info({ account: accountId, total: redelivery.total }, 'redelivery of dead deliveries begun')
    return ok(redeliveryJson(redelivery))
  },
})

export const showRedelivery = route({
  method: 'get',
  path: '/api/v1/redeliveries/{id}.json',
  operation: 'showRedelivery',
  summary: 'How far a redelivery is',
  input: z.object({ id: textField() }),
  answer: redeliverySchema,
  act({ accountId, given: { id } }, { redeliveries }) {
    const redelivery = redeliveries.get(accountId, id)
    return redelivery === undefined ? missing : ok(redeliveryJson(redelivery))
  },
})

function redeliveryJson({
  id,
  state,
  total,
  done,
  skipped,
  filter,
}: Redelivery): z.input<typeof redeliverySchema> {
  const { endpointId = null, eventId = null, since = null, until = null } = filter
  return {
    id,
    state,
    total,
    done,
    skipped,
    endpoint: endpointId,
    event: eventId,
    since: timeOrNull(since),
    until: timeOrNull(until),
  }
}
