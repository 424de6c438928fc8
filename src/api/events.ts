import { z } from 'zod'
import { fail, ok } from '../error.js'
import { knownPrevious, type PreviousOf } from '../known-previous.js'
import type { DeliveryCounts, EventRow } from '../ledger/events.js'
import { mostCounted } from '../ledger/events.js'
import { readAccepted } from '../payload.js'
import { jump } from '../version.js'
import { dependenciesJson, dependenciesSchema } from './dependencies.js'
import {
  deliveryStates,
  eventKinds,
  gemField,
  idField,
  momentField,
  searchField,
  textField,
  time,
  timeOf,
  wordField,
} from './fields.js'
import { idPageFields, nextField, pageOf } from './paging.js'
import { missing, route } from './route.js'
import { eventsOfVersion } from './version-events.js'

export const eventSchema = z
  .object({
    id: z.int(),
    kind: z.enum(eventKinds),
    gem_name: z.string(),
    number: z.string(),
    platform: z.string(),
    received_at: time,
    previous: z.string().nullable().describe('Number of the highest earlier live release.'),
    jump: z
      .enum(['first', 'prerelease', 'major', 'minor', 'patch'])
      .nullable()
      .describe(
        'What kind of step it is after `previous`; null: it is no step forward, or that is not known.',
      ),
    source: z.enum(['webhook', 'catch-up', 'both']).describe('How it became known.'),
    confirmation: z
      .enum(['confirmed', 'unconfirmed', 'refuted', 'redundant'])
      .nullable()
      .describe('What the upstream said of it; null: it was not asked, or not yet.'),
    doubt: z.string().nullable().describe('Why it is not confirmed.'),
    checking: z.boolean().describe('The upstream has still to be asked: nobody is told before.'),
  })
  .meta({ id: 'Event', description: 'Something that happened to a release.' })

export const countsSchema = z
  .object({ pending: z.int(), succeeded: z.int(), dead: z.int(), cancelled: z.int() } satisfies Record<
    keyof DeliveryCounts,
    z.ZodInt
  >)
  .meta({
    id: 'DeliveryCounts',
    description: `How many deliveries of the account there are, counted up to ${mostCounted} of each.`,
  })

/** What a list of events can be narrowed to. */
export const eventFilter = {
  since: momentField.exactOptional().describe('Received at this time or later.'),
  gem: gemField.exactOptional(),
  search: searchField.exactOptional(),
  kind: wordField(eventKinds).exactOptional(),
  state: wordField(deliveryStates).exactOptional().describe('With a delivery of the account in this state.'),
}

/** An event as answers have it. */
export function eventJson(event: EventRow, previousOf: PreviousOf): z.input<typeof eventSchema> {
  const { id, kind, gemName, number, platform, receivedAt, source, confirmation, doubt, checking } = event
  const previous = previousOf(event)
  return {
    id,
    kind,
    gem_name: gemName,
    number,
    platform,
    received_at: timeOf(receivedAt),
    previous: previous ?? null,
    jump: kind === 'yanked' || previous === undefined ? null : jump(number, previous),
    source,
    confirmation,
    doubt,
    checking,
  }
}

export const listEvents = route({
  method: 'get',
  path: '/api/v1/events.json',
  operation: 'listEvents',
  summary: 'What happened to releases, newest first',
  input: z.object({
    ...eventFilter,
    number: textField().exactOptional().describe('With `gem`: about exactly this version of it.'),
    ...idPageFields,
  }),
  answer: z.object({ events: z.array(eventSchema), next: nextField }),
  act({ accountId, given: { cursor: before = null, limit, number, ...filter } }, { ledger }) {
    const { gem } = filter
    if (number !== undefined && gem === undefined)
      return fail('invalid', 'Parameter number needs gem: which gem has that version?')
    const { rows, next } = pageOf(
      limit,
      (most) => {
        const page = { before, limit: most }
        return gem === undefined || number === undefined
          ? ledger.events.list(accountId, filter, page)
          : eventsOfVersion(ledger, accountId, { ...filter, gem, number }, page)
      },
      ({ id }) => id,
    )
    const previousOf = knownPrevious(ledger)
    return ok({ events: rows.map((event) => eventJson(event, previousOf)), next })
  },
})

export const showEvent = route({
  method: 'get',
  path: '/api/v1/events/{id}.json',
  operation: 'showEvent',
  summary: 'An event, with all that is known of its release',
  input: z.object({ id: idField }),
  answer: eventSchema.extend({
    payload: z
      .record(z.string(), z.unknown())
      .describe('The release as the upstream tells of it, else as the webhook did: written by strangers.'),
    dependencies: dependenciesSchema,
    deliveries: countsSchema,
  }),
  act({ accountId, given: { id } }, { ledger }) {
    const event = ledger.events.find(id)
    const bytes = ledger.releases.payload(id)
    if (event === undefined || bytes === undefined) return missing
    const payload = readAccepted(bytes)
    const told = eventJson(event, knownPrevious(ledger))
    return ok({
      ...told,
      payload: payload.facts,
      dependencies: dependenciesJson(event, payload, told.previous, ledger),
      deliveries: ledger.events.counts(accountId, [id]),
    })
  },
})
