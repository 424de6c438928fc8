import { z } from 'zod'
import { channels } from '../endpoint.js'
import { ok } from '../error.js'
import type { GemHooks } from '../ledger/hook-list.js'
import { gemField, searchField, time, timeOrNull } from './fields.js'
import { namePageFields, nextField, pageOf } from './paging.js'
import { route } from './route.js'

const perGem = 10

const gemHooksSchema = z
  .object({
    gem_name: z.string().describe('`*`: all gems.'),
    hooks: z
      .array(
        z.object({
          url: z.string(),
          channel: z.enum(channels),
          endpoint: z.int().describe('Id of the endpoint that it leads to.'),
          disabled_at: time.nullable().describe('Of that endpoint.'),
          failure_count: z.int(),
        }),
      )
      .describe(`The first ${perGem} by URL.`),
    more: z
      .boolean()
      .describe(
        'There are more hooks on this gem: `/api/v1/endpoints.json?gem=` lists where all of them lead.',
      ),
  })
  .meta({ id: 'GemHooks', description: 'The hooks on a gem.' })

export const listHooks = route({
  method: 'get',
  path: '/api/v1/hooks.json',
  // `listHooks` is what RubyGems.org's own route is called.
  operation: 'listHooksByGem',
  summary: "Hooks of the account by their gem's name, `*` before all",
  description: '`/api/v1/web_hooks` adds and removes them.',
  input: z.object({
    gem: gemField.exactOptional().describe('On this gem; `*`: on all gems.'),
    search: searchField.exactOptional().describe("In the URL or in the gem's name, in any case."),
    ...namePageFields,
  }),
  answer: z.object({ gems: z.array(gemHooksSchema), next: nextField }),
  act({ accountId, given: { cursor: after = null, limit, ...filter } }, { ledger }) {
    const { rows, next } = pageOf(
      limit,
      (most) => ledger.hookList.byGem(accountId, filter, { after, limit: most, perGem }),
      ({ gemName }) => gemName,
    )
    return ok({ gems: rows.map(gemHooksJson), next })
  },
})

function gemHooksJson({ gemName, hooks, more }: GemHooks): z.input<typeof gemHooksSchema> {
  return {
    gem_name: gemName,
    hooks: hooks.map(({ url, failureCount, endpoint }) => ({
      url,
      channel: endpoint.channel,
      endpoint: endpoint.id,
      disabled_at: timeOrNull(endpoint.disabledAt),
      failure_count: failureCount,
    })),
    more,
  }
}
