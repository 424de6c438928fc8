import { describe, expect, it } from 'vitest'
import { deadFields, deadFilterIn, deadHref } from '../../../src/web/dead/dead-view.js'
import { utcFieldText, utcTimeIn } from '../../../src/web/dead/utc-time.js'

const noon = Date.UTC(2026, 8, 1, 12)

function filterOf(fields: Record<string, string>) {
  return deadFilterIn((name) => fields[name] ?? null)
}

describe('deadFilterIn', () => {
  it.each([
    { fields: {}, value: {} },
    { fields: { endpoint: '', since: '', until: '' }, value: {} },
    { fields: { endpoint: '7' }, value: { endpointId: 7 } },
    {
      fields: { since: '2026-09-01T12:00', until: '2026-09-01T12:01' },
      value: { since: noon, until: noon + 60_000 },
    },
  ])('$fields', ({ fields, value }) =>
    expect(filterOf(fields as Record<string, string>)).toEqual({ ok: true, value }),
  )

  it.each([
    { endpoint: 'x' },
    { endpoint: '1 OR 1' },
    { since: 'yesterday' },
    { until: '2026-13-01T12:00' },
    { since: '2026-09-01T12:00Z' },
    { since: '2026-09-01T12:00', until: '2026-09-01T12:00' },
  ])('refuses %j', (fields) => expect(filterOf(fields).ok).toBe(false))

  it('reads what deadFields writes', () => {
    const value = { endpointId: 3, since: noon, until: noon + 3_600_000 }
    expect(filterOf(deadFields(value))).toEqual({ ok: true, value })
  })
})

describe('deadHref', () => {
  it('is an address of the list', () => {
    expect(deadHref({}, null)).toBe('/dead')
    expect(deadHref({ endpointId: 3 }, { eventId: 9, id: 4 })).toBe('/dead?endpoint=3&before=9-4')
  })
})

describe('utcTimeIn', () => {
  it.each(['2026-09-01', '2026-09-01T1:00', '2026-09-01T12:00+02:00', '', '12:00'])(
    'does not take %j',
    (text) => expect(utcTimeIn(text)).toBeUndefined(),
  )
  it.each([
    [noon, '2026-09-01T12:00'],
    [noon + 1_000, '2026-09-01T12:00:01.000'],
    [noon + 7, '2026-09-01T12:00:00.007'],
  ])('takes what utcFieldText gives, to the millisecond: %d', (time, text) => {
    expect(utcFieldText(time)).toBe(text)
    expect(utcTimeIn(text)).toBe(time)
  })
})
