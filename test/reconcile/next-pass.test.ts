import { expect, it } from 'vitest'
import { rangeToRead, waitAfter } from '../../src/reconcile/next-pass.js'
import { hour, minute } from './scene.js'

const now = 1_000 * hour
const known = { completedAt: null, versionsEtag: null }

it.each([
  ['right after the beginning', now, now, null, now - hour],
  ['after a while', 0, now - 15 * minute, now - 20 * minute, now - 75 * minute],
  ['after a long stop', 0, now - 500 * hour, null, now - 501 * hour],
  [
    'when the clock was set back: from what the upstream last published',
    0,
    now + 1,
    now - 5 * hour,
    now - 6 * hour,
  ],
  [
    'when the clock was set back, and nothing was ever published',
    now - 3 * hour,
    now + 9,
    null,
    now - 4 * hour,
  ],
  ['when the clock was set back to before the beginning', now + 5, now + 9, null, now - hour],
  ['when the upstream’s times are nonsense too', 0, now + 1, now + hour, now - hour],
])('what is read %s', (_when, begunAt, completeUntil, publishedAt, from) => {
  expect(rangeToRead({ ...known, begunAt, completeUntil, publishedAt }, now)).toEqual({ from, to: now })
})

it('the pauses', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 99].map((failures) => waitAfter(failures) / minute)).toEqual([
    15, 1, 2, 4, 8, 15, 15, 15,
  ])
})
