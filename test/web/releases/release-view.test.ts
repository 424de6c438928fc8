import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plain } from '../../../src/plain-text.js'
import { hrefOf, type ReleaseView, viewOf } from '../../../src/web/releases/release-view.js'

const views: fc.Arbitrary<ReleaseView> = fc.record({
  filter: fc.record(
    {
      gem: fc.constantFrom('rails', '_x', 'a.b-c'),
      search: fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
        .filter((text) => plain(text, 255) === text),
      kind: fc.constantFrom('pushed', 'yanked', 'restored'),
      state: fc.constantFrom('pending', 'succeeded', 'dead', 'cancelled'),
    },
    { requiredKeys: [] },
  ),
  before: fc.option(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
})

describe('viewOf', () => {
  it('reads what hrefOf writes', () => {
    fc.assert(
      fc.property(views, (view) => {
        expect(viewOf(new URL(hrefOf(view), 'http://localhost').searchParams)).toEqual(view)
      }),
    )
  })
})
