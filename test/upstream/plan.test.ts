import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Wanted } from '../../src/ledger/hooks.js'
import type { UpstreamHook } from '../../src/rubygems/schemas.js'
import type { HookAddress } from '../../src/rubygems/web-hooks.js'
import { hookKey, ownHooks } from '../../src/upstream/own-hooks.js'
import { planSync, type SyncPlan, targetOf } from '../../src/upstream/plan.js'

const receiverUrl = 'https://gems.example.org/webhooks/rubygems/token'
const earlierUrl = 'https://gems.example.org/webhooks/rubygems/old-token'
const foreignUrl = 'https://other.example.org/hook'

type Wishes = Pick<Wanted, 'all' | 'gemNames'>

const wants = (...gemNames: string[]): Wishes => ({ all: false, gemNames })
const hook = (gemName: string, url = receiverUrl, failureCount = 0): UpstreamHook => ({
  gemName,
  url,
  failureCount,
})
const plan = (
  wanted: Wishes,
  listed: UpstreamHook[],
  globalAbove = 100,
  remembered: readonly HookAddress[] = [],
) => planSync({ wanted, own: ownHooks(listed, receiverUrl, remembered), globalAbove })

describe('planSync', () => {
  const all: Wishes = { all: true, gemNames: ['rails'] }
  const many = Array.from({ length: 101 }, (_, at) => `gem-${String(at).padStart(3, '0')}`)
  it.each<[string, Wishes, UpstreamHook[], SyncPlan]>([
    ['nothing and nothing', wants(), [], { add: [], remove: [], removeEarlier: [], unchanged: [] }],
    [
      'new gems, in order',
      wants('rake', 'rails'),
      [],
      { add: ['rails', 'rake'], remove: [], removeEarlier: [], unchanged: [] },
    ],
    [
      'old, new and kept',
      wants('rails', 'rack'),
      [hook('rake'), hook('rails')],
      { add: ['rack'], remove: ['rake'], removeEarlier: [], unchanged: ['rails'] },
    ],
    [
      'a hook on *',
      all,
      [hook('rails')],
      { add: ['*'], remove: ['rails'], removeEarlier: [], unchanged: [] },
    ],
    [
      'no hook on * any more',
      wants('rails'),
      [hook('*')],
      { add: ['rails'], remove: ['*'], removeEarlier: [], unchanged: [] },
    ],
    [
      '101 gems',
      wants(...many),
      [hook('rails')],
      { add: ['*'], remove: ['rails'], removeEarlier: [], unchanged: [] },
    ],
    [
      '100 gems',
      wants(...many.slice(1)),
      [hook('*')],
      { add: many.slice(1), remove: ['*'], removeEarlier: [], unchanged: [] },
    ],
    [
      'a gem twice',
      wants('rails'),
      [hook('rails'), hook('rails')],
      { add: [], remove: [], removeEarlier: [], unchanged: ['rails'] },
    ],
    [
      'an old gem twice',
      wants(),
      [hook('rake'), hook('rake')],
      { add: [], remove: ['rake', 'rake'], removeEarlier: [], unchanged: [] },
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
      { add: ['rails'], remove: [], removeEarlier: [], unchanged: [] },
    ],
  ])('%s', (_, wanted, listed, planned) => {
    expect(plan(wanted, listed)).toEqual(planned)
  })

  it('removes ours at earlier URLs, row by row, and what is not remembered with gem and URL stays', () => {
    const listed = [
      hook('rake', earlierUrl),
      hook('rails', earlierUrl),
      hook('rails', earlierUrl),
      hook('rack', earlierUrl),
      hook('rails', foreignUrl),
      hook('rails'),
    ]
    const remembered = [
      hook('rails'),
      hook('rails', earlierUrl),
      hook('rake', earlierUrl),
      hook('rack', foreignUrl),
      hook('thor', earlierUrl),
    ]
    expect(plan(wants('rake', 'rails'), listed, 100, remembered)).toEqual({
      add: ['rake'],
      remove: [],
      removeEarlier: ['rails', 'rails', 'rake'].map((gemName) => ({ gemName, url: earlierUrl })),
      unchanged: ['rails'],
    })
  })

  it('takes another number for the switch', () => {
    expect(plan(wants('rails', 'rake'), [], 1).add).toEqual(['*'])
    expect(plan(wants('rails', 'rake'), [], 2).add).toEqual(['rails', 'rake'])
    expect(plan(wants('rails'), [], 0).add).toEqual(['*'])
    expect(plan(wants(), [hook('*')], 0)).toEqual({
      add: [],
      remove: ['*'],
      removeEarlier: [],
      unchanged: [],
    })
  })

  const names = fc.constantFrom('rails', 'rake', 'rack', 'thor', 'pg', '__proto__')
  const hooks = fc.array(
    fc.record({
      gemName: fc.oneof(names, fc.constant('*')),
      url: fc.constantFrom(receiverUrl, `${receiverUrl}/`, earlierUrl, foreignUrl),
      failureCount: fc.nat(),
    }),
  )
  const wishes = fc.record({ all: fc.boolean(), gemNames: fc.uniqueArray(names) })

  it('leaves what is foreign, ends at what is wanted, and then has nothing more to do', () => {
    fc.assert(
      fc.property(wishes, hooks, hooks, fc.nat({ max: 6 }), (wanted, listed, remembered, globalAbove) => {
        const planned = plan(wanted, listed, globalAbove, remembered)
        const after = carryOut(planned, listed)
        const known = new Set(remembered.map(hookKey))
        const foreign = (some: UpstreamHook[]) =>
          some.filter((one) => one.url !== receiverUrl && !known.has(hookKey(one)))
        expect(foreign(after)).toEqual(foreign(listed))
        const target = targetOf(wanted, globalAbove).toSorted()
        const { current, earlier } = ownHooks(after, receiverUrl, remembered)
        expect([...new Set(current.map(({ gemName }) => gemName))].sort()).toEqual(target)
        expect(earlier).toEqual([])
        expect(plan(wanted, after, globalAbove, remembered)).toEqual({
          add: [],
          remove: [],
          removeEarlier: [],
          unchanged: target,
        })
      }),
    )
  })
})

/** As the upstream does it: one row for each name. */
function carryOut({ add, remove, removeEarlier }: SyncPlan, listed: readonly UpstreamHook[]): UpstreamHook[] {
  const after = [...listed, ...add.map((name) => hook(name))]
  for (const gone of [...remove.map((name) => hook(name)), ...removeEarlier])
    after.splice(
      after.findIndex(({ gemName, url }) => gemName === gone.gemName && url === gone.url),
      1,
    )
  return after
}
