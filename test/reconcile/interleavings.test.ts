import fc from 'fast-check'
import { expect, it } from 'vitest'
import { faults, type OrgRelease } from '../helpers/rubygems-org.js'
import { day, minute, setScene } from './scene.js'

type Step =
  | { do: 'push'; gem: string; count: number }
  | { do: 'webhook'; which: number }
  | { do: 'wait'; ms: number }
  | { do: 'pass' | 'pass and webhooks' | 'failing pass' | 'restart' | 'restart in a pass' }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('push' as const),
    gem: fc.constantFrom('rails', 'rake', 'rack'),
    count: fc.integer({ min: 1, max: 35 }),
  }),
  fc.record({ do: fc.constant('webhook' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3 * day }) }),
  fc.constantFrom<Step>(
    { do: 'pass' },
    { do: 'pass and webhooks' },
    { do: 'failing pass' },
    { do: 'restart' },
    { do: 'restart in a pass' },
  ),
)

it('however webhooks, passes, failures and restarts interleave, each wanted release is pushed once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), fc.boolean(), async (steps, all) => {
      const scene = await setScene()
      const wanted: OrgRelease[] = []
      const webhooked = new Set<OrgRelease>()
      const webhook = (which: number) => {
        const release = scene.org.releases[which % scene.org.releases.length]
        if (release === undefined) return
        scene.webhook(release)
        webhooked.add(release)
      }
      const acts = {
        async pass() {
          expect((await scene.pass()).problem).toBeNull()
        },
        async 'pass and webhooks'() {
          const pass = scene.reconciler.passNow()
          for (let which = 0; which < 3; which++) {
            await new Promise((resolve) => setImmediate(resolve))
            webhook(which * 7)
          }
          await pass
        },
        async 'failing pass'() {
          scene.org.fail((request, truth) => (request.query.get('page') === '2' ? faults.garbage : truth))
          scene.org.fail(faults.halfTheBody, { on: '/versions' })
          await scene.pass()
          scene.org.mend()
        },
        restart: () => scene.restart(),
        async 'restart in a pass'() {
          void scene.reconciler.passNow()
          await new Promise((resolve) => setImmediate(resolve))
          await scene.restart()
        },
      }
      try {
        for (const gemName of all ? ['*'] : ['rails', 'rake']) scene.temp.hook({ gemName })
        await scene.pass()
        scene.later(minute)
        for (const one of steps) {
          if (one.do === 'push')
            for (let i = 0; i < one.count; i++) {
              const release = scene.org.push(one.gem, `1.${scene.org.releases.length}`)
              if (all || one.gem !== 'rack') wanted.push(release)
              scene.later(i % 3)
            }
          else if (one.do === 'webhook') webhook(one.which)
          else if (one.do === 'wait') scene.later(one.ms)
          else await acts[one.do]()
        }
        expect((await scene.pass()).problem).toBeNull()
        const expected = new Set(
          [...wanted, ...webhooked].map(({ name, number }) => `pushed ${name} ${number}`),
        )
        expect(scene.events().sort()).toEqual([...expected].sort())
      } finally {
        await scene.close()
      }
    }),
    { numRuns: 40 },
  )
})
