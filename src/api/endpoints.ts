import { z } from 'zod'
import { channels } from '../endpoint.js'
import { ok, type Result } from '../error.js'
import type { EndpointRow } from '../ledger/endpoints.js'
import { disabledByHand } from '../manage/disabled-by-hand.js'
import { gemField, idField, searchField, time, timeOf, timeOrNull } from './fields.js'
import { idPageFields, nextField, pageOf } from './paging.js'
import type { ApiParts } from './parts.js'
import { missing, route } from './route.js'

const endpointSchema = z
  .object({
    id: z.int(),
    channel: z.enum(channels),
    url: z.string(),
    created_at: time,
    enabled_at: time.describe('When it was created, or last enabled again.'),
    disabled_at: time.nullable(),
    disabled_reason: z.string().nullable(),
    failures_since_last_success: z.int(),
    last_success_at: time.nullable(),
    last_failure_at: time.nullable(),
    hooks: z.array(
      z.object({
        gem_name: z.string().describe('`*`: all gems.'),
        url: z.string(),
        failure_count: z.int(),
        created_at: time,
      }),
    ),
    pace: z.object({
      under_way: z.int().describe('Attempts that are out.'),
      most_under_way: z.int(),
      ms_between_starts: z.number(),
      rest_ms: z.number().describe('For how long it is left alone; 0: it may be tried now.'),
    }),
  })
  .meta({ id: 'Endpoint', description: 'One address that messages go to, its health, and the hooks on it.' })

export const listEndpoints = route({
  method: 'get',
  path: '/api/v1/endpoints.json',
  operation: 'listEndpoints',
  summary: 'Where the hooks of the account lead, oldest first',
  input: z.object({
    gem: gemField.exactOptional().describe('With a hook on this gem; `*`: with one on all gems.'),
    search: searchField.exactOptional().describe("In the URL or in a gem's name, in any case."),
    ...idPageFields,
  }),
  answer: z.object({ endpoints: z.array(endpointSchema), next: nextField }),
  act({ accountId, given: { cursor: after = null, limit, ...filter } }, parts) {
    const { rows, next } = pageOf(
      limit,
      (most) => parts.ledger.endpoints.list(accountId, filter, { after, limit: most }),
      ({ id }) => id,
    )
    return ok({ endpoints: rows.map((row) => endpointJson(row, parts)), next })
  },
})

export const showEndpoint = route({
  method: 'get',
  path: '/api/v1/endpoints/{id}.json',
  operation: 'showEndpoint',
  summary: 'An endpoint of the account',
  input: z.object({ id: idField }),
  answer: endpointSchema,
  act: ({ accountId, given: { id } }, parts) => show(accountId, id, parts),
})

export const enableEndpoint = route({
  method: 'post',
  path: '/api/v1/endpoints/{id}/enable',
  operation: 'enableEndpoint',
  summary: 'Send to a disabled endpoint again',
  description: 'Its failures are forgotten. One that is enabled stays as it is.',
  input: z.object({ id: idField }),
  answer: endpointSchema,
  act({ accountId, given: { id } }, parts) {
    if (parts.ledger.endpoints.enable(accountId, id, parts.now())) {
      parts.wake()
      parts.log.info({ account: accountId, endpoint: id }, 'endpoint enabled')
    }
    return show(accountId, id, parts)
  },
})

export const disableEndpoint = route({
  method: 'post',
  path: '/api/v1/endpoints/{id}/disable',
  operation: 'disableEndpoint',
  summary: 'Send no more to an endpoint',
  description: 'What it was still owed is cancelled. One that is disabled stays as it is.',
  input: z.object({ id: idField }),
  answer: endpointSchema,
  act({ accountId, given: { id } }, parts) {
    if (parts.ledger.endpoints.disable(accountId, id, disabledByHand, parts.now())) {
      parts.wake()
      parts.log.info({ account: accountId, endpoint: id }, 'endpoint disabled')
    }
    return show(accountId, id, parts)
  },
})

function show(accountId: number, id: number, parts: ApiParts): Result<z.input<typeof endpointSchema>> {
  const endpoint = parts.ledger.endpoints.find(accountId, id)
  return endpoint === undefined ? missing : ok(endpointJson(endpoint, parts))
}

function endpointJson(row: EndpointRow, parts: Pick<ApiParts, 'pace'>): z.input<typeof endpointSchema> {
  const pace = parts.pace(row.id, row.channel)
  return {
    id: row.id,
    channel: row.channel,
    url: row.url,
    created_at: timeOf(row.createdAt),
    enabled_at: timeOf(row.enabledAt),
    disabled_at: timeOrNull(row.disabledAt),
    disabled_reason: row.disabledReason,
    failures_since_last_success: row.failuresSinceLastSuccess,
    last_success_at: timeOrNull(row.lastSuccessAt),
    last_failure_at: timeOrNull(row.lastFailureAt),
    hooks: row.hooks.map(({ gemName, url, failureCount, createdAt }) => ({
      gem_name: gemName,
      url,
      failure_count: failureCount,
      created_at: timeOf(createdAt),
    })),
    pace: {
      under_way: pace.underWay,
      most_under_way: pace.mostUnderWay,
      ms_between_starts: pace.msBetweenStarts,
      rest_ms: pace.restMs,
    },
  }
}
