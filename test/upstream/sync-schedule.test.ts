import { beforeEach, describe, expect, it } from 'vitest'
import { createSyncSchedule, type SyncSchedule } from '../../src/upstream/sync-schedule.js'

const minute = 60_000
const start = Date.UTC(2026, 10, 20)

let schedule: SyncSchedule
beforeEach(() => {
  schedule = createSyncSchedule()
})

/** After how many minutes a sync towards `target` is due, looking every 20 s. */
function dueAfter(target: string, from = start): number {
  for (let waited = 0; waited <= 120 * minute; waited += 20_000)
    if (schedule.isDue(target, from + waited)) return waited / minute
  throw new Error('It is never due.')
}

function sync(well: boolean, target = 'rails'): void {
  schedule.began(target, start)
  schedule.ended(well)
}

describe('createSyncSchedule', () => {
  it('is due at first', () => expect(dueAfter('rails')).toBe(0))

  it('is due an hour after a success, or as soon as the target changes', () => {
    sync(true)
    expect(dueAfter('rails')).toBe(60)
    expect(dueAfter('rails rake')).toBe(0)
    expect(schedule.waitMs()).toBe(60 * minute)
  })

  it('waits longer after each failure, an hour at most, and a minute after a success', () => {
    const waits = Array.from({ length: 9 }, () => {
      sync(false)
      expect(schedule.waitMs()).toBe(dueAfter('rails') * minute)
      return dueAfter('rails')
    })
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
    sync(true)
    sync(false)
    expect(dueAfter('rails')).toBe(1)
  })

  it('waits a minute after a failure when the target changes', () => {
    for (const _ of [1, 2, 3, 4]) sync(false)
    expect(dueAfter('rails rake')).toBe(1)
  })

  it('does not wait for a clock that was set back', () => {
    sync(true)
    expect(schedule.isDue('rails', start - 1)).toBe(true)
  })
})
