import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Wanted } from '../../src/ledger/hooks.js'
import type { UpstreamHook } from '../../src/rubygems/schemas.js'
import { ownHooks } from '../../src/upstream/own-hooks.js'
import { planSync, type SyncPlan, targetOf } from '../../src/upstream/plan.js'

const receiverUrl = 'https://gems.example.org/webhooks/rubygems/token'
const foreignUrl = 'https://other.example.org/hook'

const wants = (...gemNames: string[]): Wanted => ({ all: false, gemNames })
const hook = (gemName: string, url = receiverUrl, failureCount = 0): UpstreamHook => ({
  gemName,
  url,
  failureCount,
})
const plan = (wanted: Wanted, listed: UpstreamHook[], globalAbove = 100) =>
  planSync({ wanted, listed, receiverUrl, globalAbove })

describe('planSync', () => {
  const all: Wanted = { all: true, gemNames: ['rails'] }
  const many = Array.from({ length: 101 }, (_, at) => `gem-${String(at).padStart(3, '0')}`)
  it.each<[string, Wanted, UpstreamHook[], SyncPlan]>([
    ['nothing and nothing', wants(), [], { add: [], remove: [], unchanged: [] }],
    ['new gems, in order', wants('rake', 'rails'), [], { add: ['rails', 'rake'], remove: [], unchanged: [] }],
    [
      'old, new and kept',
      wants('rails', 'rack'),
      [hook('rake'), hook('rails')],
      { add: ['rack'], remove: ['rake'], unchanged: ['rails'] },
    ],
    ['a hook on *', all, [hook('rails')], { add: ['*'], remove: ['rails'], unchanged: [] }],
    ['no hook on * any more', wants('rails'), [hook('*')], { add: ['rails'], remove: ['*'], unchanged: [] }],
    ['101 gems', wants(...many), [hook('rails')], { add: ['*'], remove: ['rails'], unchanged: [] }],
    ['100 gems', wants(...many.slice(1)), [hook('*')], { add: many.slice(1), remove: ['*'], unchanged: [] }],
    [
      'a gem twice',
      wants('rails'),
      [hook('rails'), hook('rails')],
      { add: [], remove: [], unchanged: ['rails'] },
    ],
    [
      'an old gem twice',
      wants(),
      [hook('rake'), hook('rake')],
      { add: [], remove: ['rake', 'rake'], unchanged: [] },
    ],
    [
      'foreign hooks, however like ours',
      wants('rails'),
      [
        hook('rails', foreignUrl),
        hook('rake', `${receiverUrl}/`),
        hook('rack', receiverUrl.toUpperCase()),
        hook('*', receiverUrl.slice(0, -1)),
        hook('thor', `${receiverUrl}?calibrate=1`),
      ],
      { add: ['rails'], remove: [], unchanged: [] },
    ],
  ])('%s', (_, wanted, listed, planned) => {
    expect(plan(wanted, listed)).toEqual(planned)
  })

  it('takes another number for the switch', () => {
    expect(plan(wants('rails', 'rake'), [], 1).add).toEqual(['*'])
    expect(plan(wants('rails', 'rake'), [], 2).add).toEqual(['rails', 'rake'])
    expect(plan(wants('rails'), [], 0).add).toEqual(['*'])
    expect(plan(wants(), [hook('*')], 0)).toEqual({ add: [], remove: ['*'], unchanged: [] })
  })

  const names = fc.constantFrom('rails', 'rake', 'rack', 'thor', 'pg', '__proto__')
  const hooks = fc.array(
    fc.record({
      gemName: fc.oneof(names, fc.constant('*')),
      url: fc.constantFrom(receiverUrl, `${receiverUrl}/`, foreignUrl),
      failureCount: fc.nat(),
    }),
  )
  const wishes = fc.record({ all: fc.boolean(), gemNames: fc.uniqueArray(names) })

  it('leaves what is foreign, ends at what is wanted, and then has nothing more to do', () => {
    fc.assert(
      fc.property(wishes, hooks, fc.nat({ max: 6 }), (wanted, listed, globalAbove) => {
        const planned = plan(wanted, listed, globalAbove)
        const after = carryOut(planned, listed)
        const foreign = (some: UpstreamHook[]) => some.filter(({ url }) => url !== receiverUrl)
        expect(foreign(after)).toEqual(foreign(listed))
        const target = targetOf(wanted, globalAbove).toSorted()
        expect(
          ownHooks(after, receiverUrl)
            .map(({ gemName }) => gemName)
            .sort(),
        ).toEqual(target)
        expect(plan(wanted, after, globalAbove)).toEqual({ add: [], remove: [], unchanged: target })
      }),
    )
  })
})

describe('ownHooks', () => {
  it('gives each gem once, with the higher count', () => {
    const listed = [
      hook('rails', receiverUrl, 5),
      hook('rails', foreignUrl, 9),
      hook('*', receiverUrl, 1),
      hook('rails', receiverUrl, 3),
    ]
    expect(ownHooks(listed, receiverUrl)).toEqual([hook('rails', receiverUrl, 5), hook('*', receiverUrl, 1)])
  })
})

/** As the upstream does it: one row for each name. */
function carryOut({ add, remove }: SyncPlan, listed: readonly UpstreamHook[]): UpstreamHook[] {
  const after = [...listed, ...add.map((name) => hook(name))]
  for (const name of remove)
    after.splice(
      after.findIndex(({ gemName, url }) => gemName === name && url === receiverUrl),
      1,
    )
  return after
}
