import { z } from 'zod'
import { fail, ok, type Problem, type Result } from '../error.js'
import type { SyncChange } from '../upstream/sync.js'
import { syncTrouble } from '../upstream/sync-trouble.js'
import type { Setup, Sync } from '../web/setup-parts.js'
import { within } from '../within.js'
import { time, timeOf } from './fields.js'
import { route } from './route.js'

const names = z.array(z.string())
const changeSchema = z
  .object({ action: z.enum(['add', 'remove', 'remove_earlier']), gem_name: z.string() })
  .meta({ id: 'SyncChange', description: "A change to the upstream's hooks." })

const planRefusals = {
  409: 'No key is set that may manage hooks there, or the upstream cannot reach this server.',
  503: 'The upstream gave no answer that is of use.',
}

export const showPlan = route({
  method: 'get',
  path: '/api/v1/upstream/plan.json',
  operation: 'showPlan',
  summary: "How the upstream's hooks would be brought in step with those here",
  input: z.object({}),
  answer: z.object({ add: names, remove: names, remove_earlier: names, unchanged: names }),
  operatorOnly: true,
  refusals: planRefusals,
  async act(_call, { setup }) {
    const planned = await setup.plan()
    if (!planned.ok) return refused(planned.problem)
    const { add, remove, removeEarlier, unchanged } = planned.value
    return ok({ add, remove, remove_earlier: removeEarlier.map(({ gemName }) => gemName), unchanged })
  },
})

const syncSchema = z
  .object({
    state: z
      .enum(['running', 'finished', 'failed'])
      .describe('`finished`: every change was tried or left. `failed`: it broke off, see `error`.'),
    begun_at: time,
    total: z.int().describe('How many changes there are; 0 while the upstream is asked for its hooks.'),
    tried: z.int().describe('How many of them are behind.'),
    done: z.array(changeSchema).describe('This and the next two are empty until it is finished.'),
    failed: z.array(changeSchema.extend({ error: z.string() })),
    left: z.array(changeSchema).describe('Not tried after what failed.'),
    error: z.string().nullable(),
  })
  .meta({ id: 'Sync', description: "How far the upstream's hooks are brought in step with those here." })

export const sync = route({
  method: 'post',
  path: '/api/v1/upstream/sync.json',
  operation: 'sync',
  summary: "Begin to bring the upstream's hooks in step with those here",
  description:
    'What is to be added is added before anything is removed. It may take minutes, so it is answered after a second, whether it is over or not, and goes on by itself: GET the same path to see how far it is. What keeps it from beginning, and is known by then, is refused.',
  input: z.object({}),
  status: 202,
  answer: syncSchema,
  operatorOnly: true,
  refusals: { ...planRefusals, 409: `${planRefusals[409]} Or a sync is under way.` },
  async act(_call, { setup, log }) {
    const work = setup.apply().catch((error) => {
      log.error({ err: error }, 'a sync of the upstream failed')
      return fail('unavailable', 'The sync broke off: gemherald failed. The log says why.')
    })
    const ended = await within(patienceMs, work)
    return ended?.ok === false ? refused(ended.problem) : lastSync(setup)
  },
})

const patienceMs = 1_000

export const showSync = route({
  method: 'get',
  path: '/api/v1/upstream/sync.json',
  operation: 'showSync',
  summary: 'How far the last sync is, and what came of it',
  input: z.object({}),
  answer: syncSchema,
  operatorOnly: true,
  refusals: { 404: 'None was begun here since the server started.' },
  act: (_call, { setup }) => lastSync(setup),
})

function lastSync(setup: Setup): Result<z.input<typeof syncSchema>> {
  const last = setup.lastSync()
  return last === null
    ? fail('not_found', 'No sync was begun since the server started: POST begins one.')
    : ok(syncJson(last, setup.upstreamHost))
}

function syncJson(
  { startedAt, behind, all, result }: Sync,
  upstreamHost: string,
): z.input<typeof syncSchema> {
  const begun = { begun_at: timeOf(startedAt), total: all, tried: behind }
  const nothing = { done: [], failed: [], left: [] }
  if (result === null) return { ...begun, state: 'running', ...nothing, error: null }
  if (!result.ok) return { ...begun, state: 'failed', ...nothing, error: result.problem.message }
  const { done, failed, left } = result.value
  const tried = done.length + failed.length
  return {
    ...begun,
    state: 'finished',
    total: tried + left.length,
    tried,
    done: done.map(changeJson),
    failed: failed.map((change) => ({
      ...changeJson(change),
      error: syncTrouble(change.problem, upstreamHost, change.url),
    })),
    left: left.map(changeJson),
    error: null,
  }
}

/** What the upstream refuses says nothing of who asks here: 401 would be taken for that. */
function refused({ code, message }: Problem) {
  return fail(code === 'invalid' || code === 'conflict' ? 'conflict' : 'unavailable', message)
}

function changeJson({ action, gemName }: SyncChange): z.input<typeof changeSchema> {
  return { action, gem_name: gemName }
}
