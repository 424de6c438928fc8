import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { OrgAnswer, OrgRequest } from '../helpers/rubygems-org.js'
import { until } from '../helpers/wait.js'
import { type ConfirmStage, setConfirmStage } from './stage.js'

let stage: ConfirmStage
beforeEach(async () => {
  stage = await setConfirmStage()
})
afterEach(() => stage.close())

const word = fc.constantFrom('demo', 'demo1', '1.0', '2.0', 'ruby', 'java', '', '../..', '\u0000')
const wrong = fc.oneof(word, fc.jsonValue({ maxDepth: 3 }))
const key = fc.constantFrom(
  'name',
  'version',
  'platform',
  'yanked',
  'sha',
  'version_created_at',
  'dependencies',
)
const denial = fc.constantFrom('This version could not be found.', '{"error":"could not be found"}', 'no', '')

type Change = { status: number; type: string; body?: string; keys?: Record<string, unknown> }

const change: fc.Arbitrary<Change | 'truth' | 'drop'> = fc.oneof(
  fc.constantFrom('truth' as const, 'truth' as const, 'drop' as const),
  fc.record({
    status: fc.constantFrom(200, 204, 304, 302, 401, 403, 404, 410, 418, 429, 500, 503),
    type: fc.constantFrom('application/json', 'text/plain', 'text/html', 'x'),
    body: fc.oneof(denial, fc.json({ maxDepth: 3 }), fc.string({ unit: 'binary', maxLength: 40 })),
  }),
  fc.record({
    status: fc.constant(200),
    type: fc.constant('application/json'),
    keys: fc.dictionary(key, wrong, { maxKeys: 3 }),
  }),
)

const answerWith = (change: Change) => (_: OrgRequest, truth: OrgAnswer) => {
  const headers = { 'Content-Type': change.type }
  if (change.body !== undefined) return { status: change.status, headers, body: change.body }
  const keys = truth.status === 200 ? JSON.parse(String(truth.body)) : {}
  return { status: change.status, headers, body: JSON.stringify({ ...keys, ...change.keys }) }
}

const claimed = fc.record({
  version: fc.constantFrom('1.0', '2.0', '3.0'),
  platform: fc.constantFrom('ruby', 'java'),
  yanked: fc.boolean(),
})

// 1.0 is live, 2.0 yanked, 3.0 never was; java has none of them.
it.each(['prefer', 'require'] as const)(
  'whatever the upstream answers, no claim is lost, and what is confirmed is what was claimed (%s)',
  async (mode) => {
    stage.org.push('demo', '1.0')
    stage.org.push('demo', '2.0')
    stage.org.yank('demo', '2.0')
    stage.confirm(mode)
    await fc.assert(
      fc.asyncProperty(claimed, fc.array(change, { minLength: 1, maxLength: 3 }), async (facts, changes) => {
        stage.temp.change('DELETE FROM releases')
        for (const one of changes)
          if (one !== 'truth') stage.org.fail(one === 'drop' ? one : answerWith(one), { times: 1 })
        const { eventId, status } = stage.claim({ name: 'demo', sha: null, ...facts })
        if (status === 'duplicate') return
        const { checks } = stage.event(eventId)
        expect(checks).toBe(0)
        await until('it was checked', () => {
          // Nobody is asked for 10 s after silence.
          stage.time += 1_000
          return stage.event(eventId).checks > 0
        })
        const { confirmation, check_at, fanned_out_at, doubt, facts: upstreams } = stage.event(eventId)
        expect(confirmation === null).toBe(check_at !== null)
        expect(confirmation === 'refuted').toBe(fanned_out_at !== null)
        if (mode === 'require') expect(confirmation).not.toBe('unconfirmed')
        if (upstreams !== null)
          expect(JSON.parse(String(upstreams))).toMatchObject({ name: 'demo', ...facts, yanked: false })
        if (confirmation !== 'confirmed') expect(doubt).toMatch(/^[^\p{Cc}]+$/u)
        stage.org.mend()
        await until('it has ended', async () => {
          stage.time += 61_000
          await stage.settled()
          return stage.event(eventId).check_at === null
        })
      }),
      { numRuns: 60 },
    )
  },
  60_000,
)
