import { z } from 'zod'
import { channels } from '../endpoint.js'
import { fail, ok, type Result } from '../error.js'
import type { AttemptRow, DeliveryFilter, DeliveryRow } from '../ledger/delivery-list.js'
import {
  deliveryStates,
  eventKinds,
  idField,
  momentField,
  time,
  timeOf,
  timeOrNull,
  verdicts,
  wordField,
} from './fields.js'
import { deliveryPageFields, nextField, writeCursor } from './paging.js'
import type { ApiParts } from './parts.js'
import { missing, route } from './route.js'

const deliverySchema = z
  .object({
    id: z.int(),
    state: z.enum(deliveryStates),
    event: z.object({
      id: z.int(),
      kind: z.enum(eventKinds),
      gem_name: z.string(),
      number: z.string(),
      platform: z.string(),
    }),
    endpoint: z.object({
      id: z.int(),
      channel: z.enum(channels),
      url: z.string(),
      disabled: z.boolean().describe('Then nothing can be redelivered to it: enable it first.'),
    }),
    attempts: z.int(),
    created_at: time,
    finished_at: time.nullable(),
    next_try_at: time.nullable().describe('Null: now, or never.'),
    last_status: z.int().nullable().describe('What the far side answered last.'),
    last_error: z.string().nullable(),
  })
  .meta({ id: 'Delivery', description: 'A message owed to an endpoint.' })

const attemptSchema = z
  .object({
    number: z.int(),
    started_at: time,
    duration_ms: z.number(),
    verdict: z.enum(verdicts),
    status: z.int().nullable().describe('HTTP status or SMTP code; null: the far side did not answer.'),
    response: z.string().nullable().describe('How the answer began: written by strangers.'),
    error: z.string().nullable(),
  })
  .meta({ id: 'Attempt', description: 'One try at a delivery.' })

const deliveryInFull = deliverySchema
  .extend({ tries: z.array(attemptSchema).describe('In order.') })
  .meta({ id: 'DeliveryInFull' })

/** What deliveries can be narrowed to, beside their state. */
export const deliveryFields = {
  endpoint: idField.exactOptional().describe('Id of an endpoint.'),
  event: idField.exactOptional().describe('Id of an event.'),
  since: momentField.exactOptional().describe('Finished at this time or later.'),
  until: momentField.exactOptional().describe('Finished before this time.'),
}

/** The ledger's filter for such fields. */
export function filterOf(given: {
  endpoint?: number
  event?: number
  since?: number
  until?: number
}): DeliveryFilter {
  const { endpoint, event, ...other } = given
  return {
    ...other,
    ...(endpoint === undefined ? {} : { endpointId: endpoint }),
    ...(event === undefined ? {} : { eventId: event }),
  }
}

export const listDeliveries = route({
  method: 'get',
  path: '/api/v1/deliveries.json',
  operation: 'listDeliveries',
  summary: 'What is owed, was sent or was given up, by event, newest first',
  description:
    'With `since` or `until` a page may have fewer deliveries than `limit`, even none, though there are more: go on until `next` is null.',
  input: z.object({
    state: wordField(deliveryStates).exactOptional(),
    ...deliveryFields,
    ...deliveryPageFields,
  }),
  answer: z.object({ deliveries: z.array(deliverySchema), next: nextField }),
  act({ accountId, given: { cursor: before = null, limit, state, ...given } }, { ledger }) {
    const filter = { ...filterOf(given), ...(state === undefined ? {} : { state }) }
    const { rows, next } = ledger.deliveryList.list(accountId, filter, { before, limit })
    return ok({
      deliveries: rows.map(deliveryJson),
      next: next && writeCursor(`${next.eventId}.${next.id}`),
    })
  },
})

export const showDelivery = route({
  method: 'get',
  path: '/api/v1/deliveries/{id}.json',
  operation: 'showDelivery',
  summary: 'A delivery with every attempt',
  input: z.object({ id: idField }),
  answer: deliveryInFull,
  act: ({ accountId, given: { id } }, parts) => showInFull(accountId, id, parts),
})

export const redeliver = route({
  method: 'post',
  path: '/api/v1/deliveries/{id}/redeliver',
  operation: 'redeliver',
  summary: 'Send a delivery again',
  description:
    'It carries the same message id as before, and the retry schedule begins anew. One that waits for its next try goes at once.',
  input: z.object({ id: idField }),
  answer: deliveryInFull,
  refusals: { 409: 'It is under way already, or its endpoint is disabled.' },
  act({ accountId, given: { id } }, parts) {
    const done = parts.ledger.redeliver.one(accountId, id, parts.now())
    if (done !== 'redelivered') return refusals[done]
    parts.wake()
    parts.log.info({ account: accountId, delivery: id }, 'delivery redelivered')
    return showInFull(accountId, id, parts)
  },
})

const refusals = {
  not_found: missing,
  under_way: fail('conflict', 'This delivery is under way already: wait for its outcome.'),
  endpoint_disabled: fail('conflict', 'The endpoint of this delivery is disabled: enable it first.'),
}

function showInFull(
  accountId: number,
  id: number,
  { ledger }: Pick<ApiParts, 'ledger'>,
): Result<z.input<typeof deliveryInFull>> {
  const delivery = ledger.deliveryList.find(accountId, id)
  if (delivery === undefined) return missing
  return ok({ ...deliveryJson(delivery), tries: delivery.tries.map(attemptJson) })
}

function deliveryJson(row: DeliveryRow): z.input<typeof deliverySchema> {
  const { kind, gemName, number, platform } = row.event
  return {
    id: row.id,
    state: row.state,
    event: { id: row.eventId, kind, gem_name: gemName, number, platform },
    endpoint: { id: row.endpointId, channel: row.channel, url: row.url, disabled: row.endpointDisabled },
    attempts: row.attempts,
    created_at: timeOf(row.createdAt),
    finished_at: timeOrNull(row.finishedAt),
    next_try_at: timeOrNull(row.nextTryAt),
    last_status: row.lastStatus,
    last_error: row.lastError,
  }
}

function attemptJson(row: AttemptRow): z.input<typeof attemptSchema> {
  const { number, startedAt, durationMs, verdict, statusCode, response, error } = row
  return {
    number,
    started_at: timeOf(startedAt),
    duration_ms: durationMs,
    verdict,
    status: statusCode,
    response,
    error,
  }
}
