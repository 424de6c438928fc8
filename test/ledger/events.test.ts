import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeliveryState } from '../../src/delivery.js'
import type { EventFilter, ReleaseRow } from '../../src/ledger/events.js'
import { openTempLedger, outcomeOf, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import {
  anyOf,
  event,
  forgetAll,
  keepDeliveries,
  keepEvents,
  type SceneDelivery,
  type SceneEvent,
} from './list-scene.js'

let temp: TempLedger
let us: number
let them: number
beforeEach(() => {
  temp = openTempLedger()
  us = temp.account()
  them = temp.account('them')
})
afterEach(() => temp.remove())

const events = () => temp.ledger.events
const first = (limit: number) => ({ before: null, limit })
const none = { pending: 0, succeeded: 0, dead: 0, cancelled: 0 }
const dayMs = 86_400_000

/** Deliveries of these events to one endpoint, all in one state. */
function deliver(endpointId: number, state: DeliveryState, eventIds: number[]): void {
  const known = temp.query<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM deliveries')[0]?.id ?? 0
  keepDeliveries(
    temp,
    eventIds.map((eventId, index) => ({
      id: known + index + 1,
      eventId,
      endpointId,
      state,
      finishedAt: null,
    })),
  )
}

describe('the list of events', () => {
  it('tells what happened, newest first', () => {
    temp.hook()
    temp.arrive({ name: 'rails', version: '8.0.0' })
    temp.arrive({ name: 'rails', version: '8.1.0', platform: 'java' }, testTime + 5)
    temp.fanOut()
    temp.arrive({ name: 'rails', version: '8.1.0', platform: 'java', yanked: true }, testTime + 9)
    temp.fanOut()
    const same = {
      gemName: 'rails',
      source: 'webhook',
      confirmation: null,
      doubt: null,
      checking: false,
      isPreviousFixed: true,
    }
    expect(events().list(us, {}, first(10))).toEqual([
      {
        ...same,
        id: 3,
        kind: 'yanked',
        number: '8.1.0',
        platform: 'java',
        receivedAt: testTime + 9,
        previous: '8.0.0',
      },
      {
        ...same,
        id: 2,
        kind: 'pushed',
        number: '8.1.0',
        platform: 'java',
        receivedAt: testTime + 5,
        previous: '8.0.0',
      },
      {
        ...same,
        id: 1,
        kind: 'pushed',
        number: '8.0.0',
        platform: 'ruby',
        receivedAt: testTime,
        previous: null,
      },
    ])
    expect(events().find(2)).toEqual(events().list(us, {}, first(10))[1])
    expect(events().find(4)).toBeUndefined()
    expect(events().newestId()).toBe(3)
  })

  it('tells whether fan-out fixed what came before', () => {
    temp.arrive({ name: 'unwanted' })
    temp.hook({ gemName: 'wanted' })
    temp.arrive({ name: 'wanted' })
    const fixed = () =>
      events()
        .list(us, {}, first(10))
        .map((event) => event.isPreviousFixed)
    expect(fixed()).toEqual([false, false])
    temp.fanOut()
    expect(fixed()).toEqual([true, false])
  })

  it('is empty in the beginning', () => {
    expect([
      events().list(us, {}, first(10)),
      events().releases(us, {}, first(10)),
      events().perDay(0),
    ]).toEqual([[], [], []])
    expect(events().newestId()).toBe(0)
  })

  it.each([
    [{ webhook_at: 1, catch_up_at: null }, 'webhook'],
    [{ webhook_at: null, catch_up_at: 1 }, 'catch-up'],
    [{ webhook_at: 1, catch_up_at: 1 }, 'both'],
  ])('tells who told: %j', ({ webhook_at, catch_up_at }, source) => {
    keepEvents(temp, [event({ id: 1 })])
    temp.change('UPDATE events SET webhook_at = ?, catch_up_at = ?', webhook_at, catch_up_at)
    expect(events().find(1)).toMatchObject({ source })
  })

  it('tells what the upstream has to be asked of', () => {
    keepEvents(temp, [event({ id: 1 })])
    temp.change(`UPDATE events SET check_at = ?, doubt = 'It did not answer.'`, testTime)
    expect(events().find(1)).toMatchObject({ checking: true, doubt: 'It did not answer.' })
  })

  it.each<[string, string[]]>([
    ['rail', ['rails', 'rails-html']],
    ['RAIL', ['rails', 'rails-html']],
    ['ils-', ['rails-html']],
    ['%', []],
    ['_', ['under_score']],
    ['r%s', []],
    ['\\', []],
    ["'", ["o'gem"]],
    ['sinatra', []],
    ['', ['rails', 'rails-html', 'under_score', "o'gem"]],
    ['x'.repeat(60_000), []],
  ])('searches for parts of names as they are: %s', (search, names) => {
    const gems = ['rails', 'rails-html', 'under_score', "o'gem"]
    keepEvents(
      temp,
      gems.map((gemName, index) => event({ id: gems.length - index, gemName })),
    )
    expect(
      events()
        .list(us, { search }, first(10))
        .map(({ gemName }) => gemName),
    ).toEqual(names)
  })

  it('finds what lies far back', () => {
    keepEvents(temp, [
      event({ id: 1, gemName: 'needle' }),
      event({ id: 2, gemName: 'needle', kind: 'yanked' }),
      ...Array.from({ length: 500 }, (_, index) => event({ id: index + 3 })),
      event({ id: 600, gemName: 'needle' }),
    ])
    const found = (filter: EventFilter) =>
      events()
        .list(us, filter, first(10))
        .map(({ id }) => id)
    expect(found({ search: 'need' })).toEqual([600, 2, 1])
    expect(found({ search: 'need', kind: 'yanked' })).toEqual([2])
    expect(found({ search: 'need', kind: 'pushed' })).toEqual([600, 1])
    expect(found({ gem: 'needle', kind: 'yanked' })).toEqual([2])
  })
})

const gemNames = ['rails', 'rack', 'Rake', 'a_b'] as const
const states = ['pending', 'succeeded', 'dead', 'cancelled'] as const
const sceneEvent = fc.record({
  kind: fc.constantFrom('pushed', 'pushed', 'pushed', 'yanked', 'restored'),
  gemName: fc.constantFrom(...gemNames),
  number: fc.constantFrom('1', '2'),
  platform: fc.constantFrom('ruby', 'java'),
  receivedAt: fc.integer({ min: testTime, max: testTime + 3 }),
  confirmation: fc.constantFrom(null, null, 'confirmed', 'refuted', 'redundant'),
})
const filters = fc.record({
  gem: fc.constantFrom(...gemNames, 'none'),
  search: fc.constantFrom('ra', 'R', 'ke', '_', 'zzz', ''),
  kind: fc.constantFrom('pushed', 'yanked', 'restored'),
  state: fc.constantFrom(...states),
  since: fc.integer({ min: testTime, max: testTime + 4 }),
})
const scene = fc.record({
  kept: fc.array(sceneEvent, { maxLength: 30 }),
  owed: fc.array(fc.record({ event: fc.nat(29), ours: fc.boolean(), state: fc.constantFrom(...states) }), {
    maxLength: 40,
  }),
  filter: anyOf(filters),
  limit: fc.integer({ min: 1, max: 7 }),
})

/** What a list is to hold, found out the slow way; newest first. */
function matching(kept: SceneEvent[], owed: SceneDelivery[], filter: EventFilter): SceneEvent[] {
  const { gem, search, kind, state, since } = filter
  return kept
    .filter(
      (one) =>
        (gem === undefined || one.gemName === gem) &&
        (search === undefined || one.gemName.toLowerCase().includes(search.toLowerCase())) &&
        (kind === undefined || one.kind === kind) &&
        (since === undefined || one.receivedAt >= since) &&
        (state === undefined ||
          owed.some((delivery) => delivery.eventId === one.id && delivery.state === state)),
    )
    .sort((one, other) => other.id - one.id)
}

/** Everything that a list gives, page by page. */
function paged<Row>(list: (before: number | null) => Row[], idOf: (row: Row) => number): Row[] {
  const rows: Row[] = []
  for (let page = list(null); page.length > 0; page = list(idOf(rows.at(-1) as Row))) rows.push(...page)
  return rows
}

describe('lists of any events', () => {
  /** Runs a check over scenes; ids have gaps, and another account has deliveries, too. */
  function check(
    judge: (kept: SceneEvent[], ours: SceneDelivery[], filter: EventFilter, limit: number) => void,
  ) {
    const [mine, theirs] = [temp.hook(), temp.hook({ account: 'them' })]
    fc.assert(
      fc.property(scene, ({ kept, owed, filter, limit }) => {
        forgetAll(temp)
        const all = kept.map((one, index) => ({ ...one, id: index * 2 + 1 }))
        const deliveries = new Map<string, SceneDelivery>()
        for (const { event: index, ours, state } of owed) {
          const eventId = all[index]?.id
          const endpointId = ours ? mine : theirs
          if (eventId === undefined) continue
          const id = deliveries.size + 1
          deliveries.set(`${eventId} ${ours}`, { id, eventId, endpointId, state, finishedAt: null })
        }
        const rows = [...deliveries.values()].map((one, index) => ({ ...one, id: index + 1 }))
        keepEvents(temp, all)
        keepDeliveries(temp, rows)
        judge(
          all,
          rows.filter(({ endpointId }) => endpointId === mine),
          filter,
          limit,
        )
      }),
      { numRuns: 250 },
    )
  }

  it('hold what matches, page by page, each event once', () => {
    check((kept, ours, filter, limit) => {
      const rows = paged(
        (before) => events().list(us, filter, { before, limit }),
        ({ id }) => id,
      )
      expect(rows.map(({ id }) => id)).toEqual(matching(kept, ours, filter).map(({ id }) => id))
    })
  })

  it('group the events of one kind about one version', () => {
    check((kept, ours, filter, limit) => {
      const groupOf = ({ kind, gemName, number, confirmation }: SceneEvent) =>
        JSON.stringify([kind, gemName, number, confirmation === 'refuted'])
      const told = kept.filter(({ confirmation }) => confirmation !== 'redundant')
      const newest = new Map<string, number>()
      for (const one of matching(told, ours, filter)) {
        if (!newest.has(groupOf(one))) newest.set(groupOf(one), one.id)
      }
      const wanted = [...newest].map(([group, id]) => {
        const all = told.filter((one) => groupOf(one) === group)
        const eventIds = all.map((one) => one.id).reverse()
        const deliveries = ours.filter(({ eventId }) => eventIds.includes(eventId))
        const count = (state: DeliveryState) => deliveries.filter((one) => one.state === state).length
        return {
          id,
          platforms: [...new Set(all.map(({ platform }) => platform))],
          eventIds,
          deliveries: Object.fromEntries(states.map((state) => [state, count(state)])),
        }
      })
      const rows: ReleaseRow[] = paged(
        (before) => events().releases(us, filter, { before, limit }),
        (row) => row.newest.id,
      )
      expect(rows.map(({ newest: { id }, ...rest }) => ({ id, ...rest }))).toEqual(wanted)
    })
  })
})

describe('releases', () => {
  it('stand where the newest of their events is that matches', () => {
    const [mine, theirs] = [temp.hook(), temp.hook({ account: 'them' })]
    keepEvents(temp, [
      event({ id: 1, number: '8', platform: 'java' }),
      event({ id: 2, number: '9', receivedAt: testTime + 1 }),
      event({ id: 3, number: '8', receivedAt: testTime - 1 }),
    ])
    deliver(mine, 'dead', [1, 2])
    deliver(theirs, 'dead', [3])
    const found = (filter: EventFilter) =>
      events()
        .releases(us, filter, first(10))
        .map(({ newest, eventIds }) => [newest.id, eventIds])
    expect(found({})).toEqual([
      [3, [3, 1]],
      [2, [2]],
    ])
    for (const filter of [{ state: 'dead' }, { since: testTime }] as const)
      expect(found(filter)).toEqual([
        [2, [2]],
        [1, [3, 1]],
      ])
  })

  it('take what the upstream refuted apart from what is genuine', () => {
    keepEvents(temp, [
      event({ id: 1, number: '8', confirmation: 'confirmed' }),
      event({ id: 2, number: '8', platform: 'evil', confirmation: 'refuted' }),
    ])
    const rows = events().releases(us, {}, first(10))
    expect(rows.map(({ newest, platforms }) => [newest.confirmation, platforms])).toEqual([
      ['refuted', ['evil']],
      ['confirmed', ['ruby']],
    ])
  })

  it('hold at most 200 events each', () => {
    keepEvents(
      temp,
      Array.from({ length: 250 }, (_, index) => event({ id: index + 1, number: '8', platform: `p${index}` })),
    )
    const rows = events().releases(us, {}, first(10))
    expect(rows.map(({ eventIds }) => [eventIds.length, eventIds[0]])).toEqual([[200, 250]])
  })
})

describe('the events of a version', () => {
  it('are of every kind and platform, newest first', () => {
    keepEvents(temp, [
      event({ id: 1, number: '8' }),
      event({ id: 2, number: '8', kind: 'yanked' }),
      event({ id: 3, number: '8.1' }),
      event({ id: 4, number: '8', platform: 'java', confirmation: 'redundant' }),
      event({ id: 5, gemName: 'rack', number: '8' }),
    ])
    expect(
      events()
        .ofVersion('rails', '8')
        .map(({ id }) => id),
    ).toEqual([4, 2, 1])
    expect(events().ofVersion('rails', '9')).toEqual([])
  })

  it('are the newest hundred', () => {
    keepEvents(
      temp,
      Array.from({ length: 120 }, (_, index) => event({ id: index + 1, number: '8', platform: `p${index}` })),
    )
    const ids = events()
      .ofVersion('rails', '8')
      .map(({ id }) => id)
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([100, 120, 21])
  })
})

describe('counts', () => {
  it('are those of the account', () => {
    const [mine, theirs] = [temp.hook(), temp.hook({ account: 'them' })]
    keepEvents(temp, [event({ id: 1 }), event({ id: 2 }), event({ id: 3 })])
    deliver(mine, 'dead', [1, 2])
    deliver(mine, 'pending', [3])
    deliver(theirs, 'succeeded', [1, 2, 3])
    expect(events().counts(us, [1, 2, 3])).toEqual({ ...none, dead: 2, pending: 1 })
    expect(events().counts(us, [1])).toEqual({ ...none, dead: 1 })
    expect(events().counts(them, [1, 2, 3])).toEqual({ ...none, succeeded: 3 })
    expect(events().counts(us, [])).toEqual(none)
  })

  it('go no further than a thousand of each state, over all events', () => {
    const endpoints = Array.from({ length: 700 }, (_, index) => index + 1)
    temp.change(
      `INSERT INTO endpoints (id, account_id, channel, url, created_at, enabled_at)
       SELECT value, ?, 'webhook', value, 0, 0 FROM json_each(?)`,
      us,
      JSON.stringify(endpoints),
    )
    keepEvents(temp, [event({ id: 1 }), event({ id: 2 })])
    keepDeliveries(
      temp,
      [1, 2].flatMap((eventId) =>
        endpoints.map((endpointId) => ({
          id: eventId * 1000 + endpointId,
          eventId,
          endpointId,
          state: endpointId === 1 ? ('dead' as const) : ('pending' as const),
          finishedAt: null,
        })),
      ),
    )
    expect(events().counts(us, [1])).toEqual({ ...none, pending: 699, dead: 1 })
    expect(events().counts(us, [2, 1])).toEqual({ ...none, pending: 1000, dead: 2 })
  })
})

describe('the events of each day', () => {
  it('are counted by UTC days from the first one on', () => {
    const day = Math.floor(testTime / dayMs)
    const at = (days: number, ms: number) => (day + days) * dayMs + ms
    keepEvents(temp, [
      event({ id: 1, receivedAt: at(-1, dayMs - 1) }),
      event({ id: 2, receivedAt: at(0, 0) }),
      event({ id: 3, receivedAt: at(0, dayMs - 1), kind: 'yanked' }),
      event({ id: 4, receivedAt: at(0, 7), kind: 'restored' }),
      event({ id: 5, receivedAt: at(2, 0), kind: 'yanked' }),
    ])
    expect(events().perDay(day)).toEqual([
      { day, pushed: 2, yanked: 1 },
      { day: day + 2, pushed: 0, yanked: 1 },
    ])
    expect(events().perDay(day - 5)).toHaveLength(3)
    expect(events().perDay(day + 3)).toEqual([])
  })
})

describe('an account', () => {
  it('finds events by its own deliveries only', () => {
    temp.hook({ account: 'them' })
    temp.arrive()
    temp.fanOut()
    temp.ledger.outcomes.record(
      temp.due().map((lease) => outcomeOf(lease, { verdict: 'dead' })),
      testTime,
      testTime,
    )
    expect(events().list(us, { state: 'dead' }, first(10))).toEqual([])
    expect(events().releases(us, { state: 'dead' }, first(10))).toEqual([])
    expect(events().releases(us, {}, first(10))).toMatchObject([{ deliveries: none }])
    expect(events().releases(them, { state: 'dead' }, first(10))).toMatchObject([{ deliveries: { dead: 1 } }])
  })
})
