import { afterEach, beforeEach, expect, it } from 'vitest'
import { openTempLedger, type TempLedger } from '../helpers/temp-ledger.js'
import { payloadOf } from '../helpers/webhooks.js'

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
  temp.arrive({ name: 'nokogiri', version: '1.18.9' })
  temp.arrive({ name: 'nokogiri', version: '1.18.9', platform: 'java' })
  temp.arrive({ name: 'nokogiri', version: '1.18.8' })
  temp.arrive({ name: 'nokogiri', version: '1.18.8', yanked: true })
  temp.arrive({ name: 'yanked-only', version: '1', yanked: true })
})
afterEach(() => temp.remove())

it('knows gems that it has any release of', () => {
  const known = (name: string) => temp.ledger.releases.knowsGem(name)
  expect(known('nokogiri')).toBe(true)
  expect(known('yanked-only')).toBe(true)
  expect(known('Nokogiri')).toBe(false)
  expect(known('rails')).toBe(false)
})

it("gives a gem's releases in order of first sight, each with the event that made it what it is", () => {
  const { releases } = temp.ledger
  expect(releases.ofGem('nokogiri')).toMatchObject([
    { number: '1.18.9', platform: 'ruby', yanked: false, eventId: 1 },
    { number: '1.18.9', platform: 'java', yanked: false, eventId: 2 },
    { number: '1.18.8', platform: 'ruby', yanked: true, eventId: 4 },
  ])
  expect(releases.ofGem('rails')).toEqual([])
})

it('gives the numbers of live releases', () => {
  const { releases } = temp.ledger
  expect(new Set(releases.liveNumbers('nokogiri'))).toEqual(new Set(['1.18.9']))
  expect(releases.liveNumbers('yanked-only')).toEqual([])
  temp.arrive({ name: 'nokogiri', version: '1.18.8', yanked: false })
  expect(new Set(releases.liveNumbers('nokogiri'))).toEqual(new Set(['1.18.9', '1.18.8']))
})

it('gives the bytes of an event', () => {
  const { releases } = temp.ledger
  expect(releases.payload(2)).toEqual(payloadOf({ name: 'nokogiri', version: '1.18.9', platform: 'java' }))
  expect(releases.payload(99)).toBeUndefined()
})
