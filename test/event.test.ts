import { describe, expect, it } from 'vitest'
import { classify, type EventKind, type KnownState } from '../src/event.js'

const cases: [KnownState, boolean, EventKind | 'duplicate'][] = [
  ['unknown', false, 'pushed'],
  ['unknown', true, 'yanked'],
  ['live', false, 'duplicate'],
  ['live', true, 'yanked'],
  ['yanked', false, 'restored'],
  ['yanked', true, 'duplicate'],
]

describe('classify', () => {
  it.each(cases)('a release that is %s, arriving with yanked: %s, is %s', (known, yanked, kind) => {
    expect(classify(known, yanked)).toBe(kind)
  })
})
