import { expect, it } from 'vitest'
import { completeUntil, rangeToRead, waitAfter } from '../../src/reconcile/next-pass.js'
import { day, hour, minute } from './scene.js'

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

it.each([
  ['up to the newest release', now - hour, now - hour],
  ['but for a day where nothing is published', now - 3 * day, now - day],
  ['but for a day where nothing ever was', null, now - day],
  ['up to its end when something later was seen', now + hour, now],
])('a window that was shown is complete %s', (_what, publishedAt, expected) => {
  expect(completeUntil({ from: now - 7 * day, to: now }, publishedAt)).toBe(expected)
})

it('the pauses', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 99].map((failures) => waitAfter(failures) / minute)).toEqual([
    15, 1, 2, 4, 8, 15, 15, 15,
  ])
})
