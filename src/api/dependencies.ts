import { z } from 'zod'
import { changesOf, type DependencyScope, dependenciesIn } from '../dependency-changes.js'
import type { EventRow } from '../ledger/events.js'
import type { Ledger } from '../ledger/ledger.js'
import type { Payload } from '../payload.js'
import { releaseBefore } from '../web/release/release-seen.js'

const changeSchema = z
  .object({
    name: z.string(),
    requirements: z.string().describe('Empty: any version.'),
    change: z
      .enum(['same', 'added', 'removed', 'changed', 'unknown'])
      .describe('`unknown`: what the release before needed is not known.'),
    before: z.string().nullable().describe('The requirements before, where they were others.'),
  })
  .meta({ id: 'DependencyChange', description: 'What a gem needs, beside what it needed before.' })

export const dependenciesSchema = z
  .object({
    compared_with: z.string().nullable().describe('Number of the release before; null: it is not known.'),
    runtime: z.array(changeSchema).nullable().describe('Null: the payload does not say.'),
    development: z.array(changeSchema).nullable(),
  })
  .meta({ id: 'Dependencies', description: 'What a release needs, the changed ones first.' })

/** What an event's release needs, and how that changed from the version before: number `previous`, null where it is not known. */
export function dependenciesJson(
  event: EventRow,
  { facts }: Payload,
  previous: string | null,
  ledger: Pick<Ledger, 'events' | 'releases'>,
): z.input<typeof dependenciesSchema> {
  const before = releaseBefore(ledger, event, previous)
  const changes = (scope: DependencyScope) => {
    const now = dependenciesIn(facts, scope)
    if (now === null) return null
    return changesOf(now, before === undefined ? null : dependenciesIn(before.payload.facts, scope))
  }
  return {
    compared_with: before === undefined ? null : previous,
    runtime: changes('runtime'),
    development: changes('development'),
  }
}
