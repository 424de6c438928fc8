import { describe, expect, it } from 'vitest'
import type { ClaimCheck, Unclear } from '../../src/confirm/check-claim.js'
import { decide, letGo } from '../../src/confirm/decide.js'
import type { Claim } from '../../src/ledger/claims.js'

const received = Date.UTC(2026, 10, 20, 12)

const claim = (changes: Partial<Claim> = {}): Claim => ({
  eventId: 7,
  kind: 'pushed',
  gemName: 'demo',
  number: '1.0',
  platform: 'ruby',
  payload: Buffer.from('{}'),
  receivedAt: received,
  heardAt: received,
  checkAt: received,
  checks: 0,
  doubt: null,
  contradictedAt: null,
  agreedAt: null,
  ...changes,
})
const contradicted: ClaimCheck = { outcome: 'contradicted', reason: 'No.' }
const unclear = (why: Unclear['why'] = 'answer', retryAfterMs: number | null = null): Unclear => ({
  outcome: 'unclear',
  why,
  reason: 'Hm.',
  retryAfterMs,
})
const doubted = claim({ contradictedAt: received + 5, doubt: 'No.', checks: 1 })
const postponed = (forMs: number, reason = 'Hm.') => ({
  action: 'postpone',
  forMs,
  reason,
  said: null,
})
const unconfirmed = { action: 'settle', checked: { confirmation: 'unconfirmed', doubt: 'Hm.' } }

describe.each(['prefer', 'require'] as const)('in either mode (%s)', (mode) => {
  it('what is confirmed is told with the facts of the upstream', () => {
    const facts = Buffer.from('{"a":1}')
    for (const one of [claim(), doubted])
      expect(decide(one, { outcome: 'confirmed', facts, createdAt: 5 }, mode, received)).toEqual({
        action: 'settle',
        checked: { confirmation: 'confirmed', facts, createdAt: 5 },
      })
  })

  it.each([
    ['at once', 0, claim(), 'postpone'],
    ['a moment before a page must be new', 59_999, claim(), 'postpone'],
    ['once a page must be new', 60_000, claim(), 'refute'],
    ['again, too early', 30_000, doubted, 'postpone'],
    ['again', 65_000, doubted, 'refute'],
    ['again, but a minute after it was told again', 65_000, claim({ heardAt: received + 5_001 }), 'postpone'],
    ['under a clock that was set back', -1, doubted, 'postpone'],
  ])('a contradiction that comes %s', (_, afterMs, one, action) => {
    expect(decide(one, contradicted, mode, received + afterMs)).toEqual(
      action === 'refute'
        ? { action, reason: 'No.' }
        : { action, forMs: 65_000, reason: 'No.', said: 'contradicted' },
    )
  })

  it.each([0, 65_000, 3_600_000])('what is agreed with too early is held, after %i ms as well', (afterMs) => {
    expect(decide(claim(), { outcome: 'early', reason: 'Hm.' }, mode, received + afterMs)).toEqual({
      ...postponed(65_000),
      said: 'agreed',
    })
  })

  it.each([
    ['unclear', unclear(), 60_000],
    ['silent', unclear('silence'), 60_000],
    ['throttled for long', unclear('answer', 120_000), 120_000],
    ['throttled for very long', unclear('answer', 3_600_000), 300_000],
    ['never asked', unclear('own_pace'), 1_000],
  ])('what was contradicted once is looked at again when the upstream is %s', (_, check, forMs) => {
    expect(decide(doubted, check, mode, received + 65_000)).toEqual(postponed(forMs, 'No.'))
  })

  it('what was not asked is asked in a second', () => {
    expect(decide(claim({ checks: 9 }), unclear('own_pace'), mode, received)).toEqual(postponed(1_000))
  })
})

it.each([unclear(), unclear('silence'), unclear('answer', 60_000)])(
  'prefer tells what is unclear',
  (check) => {
    expect(decide(claim(), check, 'prefer', received)).toEqual(unconfirmed)
  },
)

it.each([
  [0, null, 5_000],
  [1, null, 10_000],
  [2, null, 20_000],
  [5, null, 160_000],
  [6, null, 300_000],
  [5_000, null, 300_000],
  [0, 1_000, 5_000],
  [0, 42_000, 42_000],
  [0, 86_400_000, 300_000],
])('require holds what is unclear: check %i, Retry-After %s, %i ms', (checks, retryAfterMs, forMs) => {
  expect(decide(claim({ checks }), unclear('answer', retryAfterMs), 'require', received)).toEqual(
    postponed(forMs),
  )
})

it('what nobody checks any more is told', () => {
  expect(letGo).toEqual({
    action: 'settle',
    checked: { confirmation: 'unconfirmed', doubt: 'It was not checked: CONFIRM=off.' },
  })
})
