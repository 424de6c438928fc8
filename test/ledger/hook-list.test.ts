import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { HookFilter } from '../../src/ledger/hook-list.js'
import { openTempLedger, type TempLedger } from '../helpers/temp-ledger.js'

let temp: TempLedger
let us: number
beforeEach(() => {
  temp = openTempLedger()
  us = temp.account()
})
afterEach(() => temp.remove())

const url = (name: string) => `http://127.0.0.1:9/${name}`
const byGem = (filter: HookFilter = {}, page: { after?: string; limit?: number; perGem?: number } = {}) =>
  temp.ledger.hookList
    .byGem(us, filter, { after: null, limit: 100, perGem: 100, ...page })
    .map(({ gemName, hooks, more }) => [gemName, hooks.map((hook) => hook.url.slice(19)), more])

it('stand below their gems, by name, with their endpoints', () => {
  temp.hook({ gemName: 'rails', url: url('b') })
  const first = temp.hook({ gemName: 'rails', url: url('a') })
  temp.hook({ gemName: '*', url: url('b') })
  temp.hook({ gemName: 'rack', url: url('theirs'), account: 'them' })
  temp.change('UPDATE hooks SET failure_count = 3 WHERE endpoint_id = ?', first)
  expect(byGem()).toEqual([
    ['*', ['b'], false],
    ['rails', ['a', 'b'], false],
  ])
  expect(temp.ledger.hookList.byGem(us, {}, { after: '*', limit: 9, perGem: 1 })).toEqual([
    {
      gemName: 'rails',
      hooks: [
        {
          url: url('a'),
          failureCount: 3,
          endpoint: {
            id: first,
            channel: 'webhook',
            url: url('a'),
            disabledAt: null,
            failuresSinceLastSuccess: 0,
            lastSuccessAt: null,
          },
        },
      ],
      more: true,
    },
  ])
})

const gemNames = ['*', 'Rack', 'rack', 'rails', 'rake'] as const
const places = ['a', 'B', 'rack', 'é'] as const
const hook = fc.record({ gemName: fc.constantFrom(...gemNames), place: fc.constantFrom(...places) })

it('are found, page by page, each gem once with those of its hooks that match', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(hook, { selector: ({ gemName, place }) => `${gemName} ${place}` }),
      fc.option(fc.constantFrom(...gemNames), { nil: undefined }),
      fc.option(fc.constantFrom('', 'RA', 'k', 'b', '9/a', '*', '%', 'é'), { nil: undefined }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      (hooks, gem, search, limit, perGem) => {
        temp.change('DELETE FROM hooks')
        for (const { gemName, place } of hooks) temp.hook({ gemName, url: url(place) })
        const wanted = gemNames.flatMap((gemName) => {
          const found = hooks
            .filter((one) => one.gemName === gemName && (gem === undefined || gem === gemName))
            .filter(({ place }) =>
              `${gemName}\n${url(place)}`.toLowerCase().includes(search?.toLowerCase() ?? ''),
            )
            .map(({ place }) => place)
            .sort()
          return found.length === 0 ? [] : [[gemName, found.slice(0, perGem), found.length > perGem]]
        })
        const found: ReturnType<typeof byGem> = []
        for (let after: string | undefined; ; after = String(found.at(-1)?.[0])) {
          const page = byGem({ gem, search }, { ...(after === undefined ? {} : { after }), limit, perGem })
          if (page.length === 0) break
          expect(page.length).toBeLessThanOrEqual(limit)
          found.push(...page)
        }
        expect(found).toEqual(wanted)
      },
    ),
    { numRuns: 60 },
  )
})

it('are found by the index, whatever their number', () => {
  const plan = temp
    .query<{ detail: string }>(
      `EXPLAIN QUERY PLAN SELECT gem_name FROM hooks INDEXED BY hooks_identity
       WHERE account_id = 1 AND gem_name > 'a' AND instr(lower(url), 'x') ORDER BY gem_name, url LIMIT 1`,
    )
    .map(({ detail }) => detail)
  expect(plan).toEqual(['SEARCH hooks USING COVERING INDEX hooks_identity (account_id=? AND gem_name>?)'])
})
