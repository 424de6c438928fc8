import { z } from 'zod'
import { ok } from '../error.js'
import { knownPrevious } from '../known-previous.js'
import { countsSchema, eventFilter, eventJson, eventSchema } from './events.js'
import { idPageFields, nextField, pageOf } from './paging.js'
import { route } from './route.js'

const releaseSchema = z
  .object({
    newest: eventSchema,
    platforms: z.array(z.string()),
    event_ids: z.array(z.int()).describe('Newest first.'),
    deliveries: countsSchema,
  })
  .meta({
    id: 'Release',
    description: 'Events of one kind about one version of a gem, all its platforms together.',
  })

export const listReleases = route({
  method: 'get',
  path: '/api/v1/releases.json',
  operation: 'listReleases',
  summary: 'Events by version, newest first: the platforms of one version stand together',
  input: z.object({ ...eventFilter, ...idPageFields }),
  answer: z.object({ releases: z.array(releaseSchema), next: nextField }),
  act({ accountId, given: { cursor: before = null, limit, ...filter } }, { ledger }) {
    const { rows, next } = pageOf(
      limit,
      (most) => ledger.events.releases(accountId, filter, { before, limit: most }),
      ({ newest }) => newest.id,
    )
    const previousOf = knownPrevious(ledger)
    const releases = rows.map(({ newest, platforms, eventIds, deliveries }) => ({
      newest: eventJson(newest, previousOf),
      platforms,
      event_ids: eventIds,
      deliveries,
    }))
    return ok({ releases, next })
  },
})
