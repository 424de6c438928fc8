import { describe, expect, it } from 'vitest'
import { type Hearing, silenceWarning } from '../../src/watch/silence.js'

const minute = 60_000
const now = Date.UTC(2026, 10, 21, 12)
const ago = (minutes: number) => now - minutes * minute

/** An hour without a webhook, in which the upstream published. */
const silent: Hearing = {
  host: 'https://rubygems.org',
  global: true,
  globalSince: null,
  begunAt: ago(600),
  listeningSince: ago(600),
  lastWebhook: ago(60),
  publishedAt: ago(10),
  silenceMs: 30 * minute,
}

it('says how long, what was published when, and what to look at', () => {
  expect(silenceWarning(silent, now)).toBe(
    'No webhook has come from rubygems.org for 1 h, though it published a release at 2026-11-21T11:50:00.000Z: look ' +
      'whether our hook is still there (gemherald upstream list), whether PUBLIC_URL leads here, and whether the log ' +
      'tells of refused webhooks (RUBYGEMS_API_KEYS).',
  )
})

it('names the upstream without what its URL may hide', () => {
  const text = silenceWarning({ ...silent, host: 'http://user:secret@gems.example.org:8080/path' }, now)
  expect(text).toContain('from gems.example.org:8080 for')
  expect(text).not.toMatch(/user|secret/)
})

describe('warns', () => {
  it.each<[string, Partial<Hearing>, string]>([
    ['a moment after the limit', { lastWebhook: ago(30) - 1 }, '30 min'],
    ['when no webhook ever came', { lastWebhook: null }, '10 h'],
    [
      'when none ever came, and the time of the start is unknown',
      { lastWebhook: null, listeningSince: null },
      '10 h',
    ],
    ['when no server is known to listen', { listeningSince: null }, '1 h'],
    ['counted from when the server listens', { listeningSince: ago(45) }, '45 min'],
    ['counted from when all gems were wanted', { globalSince: ago(40) }, '40 min'],
    ['counted from the last webhook, when all gems were wanted before', { globalSince: ago(500) }, '1 h'],
    ['of a webhook that came while the clock was ahead', { lastWebhook: now + 1 }, '10 h'],
    [
      'counted from the start, though the clock was ahead before',
      { lastWebhook: ago(-600), listeningSince: ago(50) },
      '50 min',
    ],
    ['from a start before the last webhook on, too', { listeningSince: ago(70) }, '1 h'],
    ['when the release is just old enough to be heard of', { publishedAt: ago(1) - 1 }, '1 h'],
    ['when the release came just late enough after the webhook', { publishedAt: ago(59) + 1 }, '1 h'],
  ])('%s', (_, changes, since) => {
    expect(silenceWarning({ ...silent, ...changes }, now)).toContain(`for ${since}, though`)
  })
})

describe('does not warn', () => {
  it.each<[string, Partial<Hearing>]>([
    ['when our hook is not on all gems', { global: false }],
    ['right at the limit', { lastWebhook: ago(30) }],
    ['while webhooks come', { lastWebhook: ago(2), publishedAt: ago(1.5) }],
    ['when nothing was published since', { publishedAt: ago(61) }],
    ['when the upstream’s clock is a little ahead', { publishedAt: ago(59) }],
    ['while the webhook may be on its way', { publishedAt: ago(1) }],
    ['when nothing looks at the upstream', { begunAt: null, publishedAt: null }],
    [
      'when nothing looks there, and no webhook ever came',
      { begunAt: null, publishedAt: null, lastWebhook: null },
    ],
    ['when nothing was ever published', { publishedAt: null }],
    ['when looking there was turned off before the last webhook', { publishedAt: ago(300) }],
    ['when the server has just begun to listen', { listeningSince: ago(30) }],
    ['when all gems have been wanted for a moment', { globalSince: ago(0.01) }],
    ['right at the limit after all gems were wanted', { globalSince: ago(30) }],
    [
      'when what was published is older than the wish for all gems',
      { globalSince: ago(31), publishedAt: ago(40) },
    ],
    ['when what was published is older than the start', { listeningSince: ago(40), publishedAt: ago(50) }],
    ['when gemherald has only begun', { lastWebhook: null, begunAt: ago(20) }],
    ['when the clock was set back', { lastWebhook: ago(-60), publishedAt: ago(-50) }],
    ['when the clock was set back to before everything', { lastWebhook: ago(-60), publishedAt: ago(-5) }],
    ['when a release claims to come from the future', { publishedAt: ago(-5) }],
  ])('%s', (_, changes) => {
    expect(silenceWarning({ ...silent, ...changes }, now)).toBeNull()
  })
})

it('keeps to the span that it is told', () => {
  expect(silenceWarning({ ...silent, silenceMs: 60 * minute }, now)).toBeNull()
  expect(silenceWarning({ ...silent, silenceMs: 59 * minute }, now)).not.toBeNull()
})
