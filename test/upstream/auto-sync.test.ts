import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type AutoSync, createAutoSync } from '../../src/upstream/auto-sync.js'
import { faults, type OrgAccount } from '../helpers/rubygems-org.js'
import { openTempLedger, type TempLedger } from '../helpers/temp-ledger.js'
import { until } from '../helpers/wait.js'
import { type Stage, setStage, start } from '../rubygems/stage.js'

const receiverUrl = 'https://gems.example.org/webhooks/rubygems/canary'
const earlierUrl = 'https://gems.example.org/webhooks/rubygems/old-canary'
const foreignUrl = 'https://other.example.org/hook'
const second = 1_000
const minute = 60 * second
const hour = 60 * minute

let stage: Stage
let account: OrgAccount
let temp: TempLedger
let logs: Record<string, unknown>[]
let autoSync: AutoSync

beforeEach(async () => {
  stage = await setStage()
  account = stage.org.addAccount('ada')
  for (const gem of ['rails', 'rake', 'rack']) stage.org.push(gem, '1.0')
  account.hooks.push({ gemName: 'rack', url: foreignUrl, failureCount: 9, disabled: false })
  temp = openTempLedger()
  logs = []
  autoSync = create()
})
afterEach(async () => {
  await autoSync.stop()
  await stage.close()
  temp.remove()
})

const create = (ownUrl = receiverUrl) =>
  createAutoSync({
    ledger: temp.ledger,
    webHooks: stage.client({ apiKey: account.key }).webHooks,
    host: stage.org.url,
    receiverUrl: () => ownUrl,
    now: () => stage.time,
    log: pino({ level: 'debug' }, { write: (line: string) => logs.push(JSON.parse(line)) }),
  })

/** Starts, and waits for the first sync. */
const begin = () => {
  autoSync.start()
  return autoSync.wake()
}
/** Lets time pass, with a look every 20 s as the timer would have it. */
const pass = async (ms: number) => {
  for (const end = stage.time + ms; stage.time < end; ) {
    stage.time += 20 * second
    await autoSync.wake()
  }
}
const registered = (at = receiverUrl) =>
  account.hooks
    .filter(({ url }) => url === at)
    .map(({ gemName }) => gemName ?? '*')
    .sort()
const ownHook = (name: string) => {
  const found = account.hooks.find(({ gemName, url }) => gemName === name && url === receiverUrl)
  if (found === undefined) throw new Error(`There is no hook on ${name}.`)
  return found
}
const count = (method: string) => stage.org.requests.all.filter((request) => request.method === method).length
const listings = () => count('GET')
const unhook = (gemName: string) =>
  temp.ledger.hooks.remove({ accountId: temp.account(), gemName, url: 'http://127.0.0.1:9/hook' }, stage.time)
const logged = (level: number) => logs.filter((line) => line.level === level)

describe('in step', () => {
  it('syncs at start, and leaves foreign hooks alone', async () => {
    temp.hook({ gemName: 'rails' })
    account.hooks.push({ gemName: 'rake', url: receiverUrl, failureCount: 0, disabled: false })
    await begin()
    expect(registered()).toEqual(['rails'])
    expect(account.hooks).toContainEqual({
      gemName: 'rack',
      url: foreignUrl,
      failureCount: 9,
      disabled: false,
    })
    expect(autoSync.trouble()).toBeNull()
    expect(autoSync.warnings()).toEqual([])
    expect(logged(30)).toMatchObject([{ added: ['rails'], removed: ['rake'] }])
  })

  it('follows a change within a minute, of any account', async () => {
    await begin()
    temp.hook({ gemName: 'rails' })
    temp.hook({ gemName: 'rake', account: 'grace' })
    await pass(minute)
    expect(registered()).toEqual(['rails', 'rake'])
    unhook('rails')
    await pass(minute)
    expect(registered()).toEqual(['rake'])
  })

  it('follows endpoints that are disabled and enabled again', async () => {
    const endpoint = temp.hook({ gemName: 'rails' })
    await begin()
    temp.change('UPDATE endpoints SET disabled_at = ? WHERE id = ?', stage.time, endpoint)
    await pass(minute)
    expect(registered()).toEqual([])
    temp.change('UPDATE endpoints SET disabled_at = NULL WHERE id = ?', endpoint)
    await pass(minute)
    expect(registered()).toEqual(['rails'])
  })

  it('goes over to * and back', async () => {
    temp.hook({ gemName: 'rails' })
    await begin()
    temp.hook({ gemName: '*' })
    await pass(minute)
    expect(registered()).toEqual(['*'])
    unhook('*')
    await pass(minute)
    expect(registered()).toEqual(['rails'])
  })

  it('goes over to * above 100 gems, and back', async () => {
    const names = Array.from({ length: 101 }, (_, at) => `gem-${at}`)
    for (const name of names) {
      stage.org.push(name, '1.0')
      temp.hook({ gemName: name })
    }
    await begin()
    expect(registered()).toEqual(['*'])
    temp.hook({ gemName: 'rails' })
    const before = listings()
    await pass(minute)
    expect(listings()).toBe(before)
    unhook('rails')
    unhook('gem-0')
    await pass(minute)
    expect(registered()).toEqual(names.slice(1).sort())
  })

  it('puts a vanished hook back within an hour, and asks no more often', async () => {
    temp.hook({ gemName: 'rails' })
    await begin()
    account.hooks.splice(0)
    await pass(hour - 20 * second)
    expect(listings()).toBe(1)
    await pass(20 * second)
    expect(registered()).toEqual(['rails'])
    expect(listings()).toBe(2)
  })
})

describe('under another URL than before', () => {
  const restart = async (ownUrl: string) => {
    await autoSync.stop()
    temp.reopen()
    autoSync = create(ownUrl)
    await begin()
  }
  const noteEarlier = async () => {
    for (const gemName of ['rails', 'rake']) temp.hook({ gemName })
    await restart(earlierUrl)
    expect(registered(earlierUrl)).toEqual(['rails', 'rake'])
    account.hooks.push({ gemName: 'rack', url: earlierUrl, failureCount: 0, disabled: false })
  }

  it('moves its hooks, which it remembers since it made them, and leaves the rest alone', async () => {
    await noteEarlier()
    unhook('rake')
    await restart(receiverUrl)
    expect(registered()).toEqual(['rails'])
    expect(registered(earlierUrl)).toEqual(['rack'])
    expect(registered(foreignUrl)).toEqual(['rack'])
    expect(logged(30).at(-1)).toMatchObject({
      added: ['rails'],
      removed: [],
      removedEarlier: ['rails', 'rake'],
    })
    expect(temp.ledger.upstreams.hooks(stage.org.url)).toMatchObject([{ gemName: 'rails', url: receiverUrl }])
    expect(JSON.stringify(logs)).not.toContain('canary')
  })

  it('remembers them until they are removed', async () => {
    await noteEarlier()
    stage.org.fail({ status: 403, headers: {}, body: `not ${earlierUrl}` }, { on: /remove/ })
    await restart(receiverUrl)
    expect(registered()).toEqual(['rails', 'rake'])
    expect(autoSync.trouble()).toContain('answered 403: not the receiver')
    await restart(receiverUrl)
    stage.org.mend()
    await pass(hour)
    expect(registered(earlierUrl)).toEqual(['rack'])
    expect(autoSync.trouble()).toBeNull()
  })

  it('knows those again that it made when it was stopped in the middle', async () => {
    temp.hook({ gemName: 'rails' })
    autoSync = create(earlierUrl)
    autoSync.start()
    await until('the hook is being added', () => count('POST') === 1)
    await restart(receiverUrl)
    expect(registered(earlierUrl)).toEqual([])
    expect(registered()).toEqual(['rails'])
  })
})

describe('failures at the far side', () => {
  const sentence = (times: number, at: number) =>
    `${new URL(stage.org.url).host} could not deliver to this server: the hook for rails has failed ${times} times in all (last seen to rise at ${new Date(at).toISOString()}).`

  it('are logged as they rise, and are warnings for a day', async () => {
    temp.hook({ gemName: 'rails' })
    await begin()
    await pass(hour)
    ownHook('rails').failureCount = 4
    await pass(hour)
    ownHook('rails').failureCount = 7
    await pass(hour)
    const warned = logged(40)
    expect(warned).toMatchObject([
      { gem: 'rails', rise: 4, failureCount: 4 },
      { gem: 'rails', rise: 3, failureCount: 7 },
    ])
    const risen = start + 3 * hour
    expect(autoSync.warnings()).toEqual([sentence(7, risen)])
    await pass(hour)
    expect(logged(40)).toHaveLength(2)
    stage.time = risen + 24 * hour - 1
    expect(autoSync.warnings()).toHaveLength(1)
    stage.time = risen + 24 * hour
    expect(autoSync.warnings()).toEqual([])
  })

  it('are logged too when somebody else noticed them first', async () => {
    temp.hook({ gemName: 'rails' })
    await begin()
    await pass(hour)
    const notice = (failureCount: number) => {
      ownHook('rails').failureCount = failureCount
      temp.ledger.upstreams.sawHooks(
        stage.org.url,
        [{ gemName: 'rails', url: receiverUrl, failureCount }],
        stage.time,
      )
    }
    await pass(20 * minute)
    notice(3)
    const risenAt = new Date(stage.time).toISOString()
    await pass(hour)
    expect(logged(40)).toMatchObject([{ gem: 'rails', rise: 3, failureCount: 3, risenAt }])
    await pass(2 * hour)
    expect(logged(40)).toHaveLength(1)

    await autoSync.stop()
    notice(5)
    autoSync = create()
    await begin()
    expect(logged(40)).toHaveLength(2)
    expect(logged(40)[1]).toMatchObject({ gem: 'rails', failureCount: 5 })
    expect(logged(40)[1]).not.toHaveProperty('rise')

    await autoSync.stop()
    await pass(24 * hour)
    autoSync = create()
    await begin()
    expect(logged(40)).toHaveLength(2)
  })

  it('are remembered over a restart', async () => {
    temp.hook({ gemName: 'rails' })
    await begin()
    await pass(hour)
    ownHook('rails').failureCount = 3
    await autoSync.stop()
    temp.reopen()
    autoSync = create()
    await begin()
    await autoSync.stop()
    temp.reopen()
    autoSync = create()
    expect(autoSync.warnings()).toEqual([sentence(3, stage.time)])
  })

  it('are forgotten with a hook that is removed', async () => {
    temp.hook({ gemName: 'rails' })
    await begin()
    await pass(hour)
    ownHook('rails').failureCount = 3
    await pass(hour)
    unhook('rails')
    await pass(minute)
    expect(autoSync.warnings()).toEqual([])
  })

  it('are nothing new when one of two rows lags behind', async () => {
    temp.hook({ gemName: 'rails' })
    account.hooks.push({ gemName: 'rails', url: receiverUrl, failureCount: 5, disabled: false })
    account.hooks.push({ gemName: 'rails', url: receiverUrl, failureCount: 3, disabled: false })
    await begin()
    await pass(3 * hour)
    expect(autoSync.warnings()).toEqual([])
    expect(logged(40)).toEqual([])
  })
})

describe('trouble', () => {
  it('is tried again after 1, 2, 4 … minutes, and over once the upstream is back', async () => {
    temp.hook({ gemName: 'rails' })
    stage.org.fail({ status: 403, headers: {}, body: 'closed' })
    await begin()
    const attempts: number[] = []
    for (let minutes = 1; minutes <= 190; minutes++) {
      const before = listings()
      await pass(minute)
      if (listings() > before) attempts.push(minutes)
    }
    expect(attempts).toEqual([1, 3, 7, 15, 31, 63, 123, 183])
    expect(autoSync.trouble()).toBe(
      `The hooks at ${new URL(stage.org.url).host} are not in step with those here: ${new URL(stage.org.url).host} answered 403: closed`,
    )
    expect(logged(40)).toHaveLength(9)
    expect(logged(40).at(-1)).toMatchObject({ nextTryMinutes: 60 })

    stage.org.mend()
    await pass(hour)
    expect(registered()).toEqual(['rails'])
    expect(autoSync.trouble()).toBeNull()
    await pass(hour)
    expect(listings()).toBe(11)
  })

  it('does not keep a change waiting for more than a minute', async () => {
    stage.org.fail({ status: 403, headers: {}, body: 'closed' })
    await begin()
    await pass(10 * minute)
    stage.org.mend()
    temp.hook({ gemName: 'rails' })
    await pass(20 * second)
    expect(registered()).toEqual(['rails'])
    const before = listings()
    stage.org.fail(faults.throttled(1))
    temp.hook({ gemName: 'rake' })
    await pass(20 * second)
    const failed = listings()
    expect(failed).toBeGreaterThan(before)
    temp.hook({ gemName: 'rack' })
    await pass(40 * second)
    expect(listings()).toBe(failed)
    await pass(20 * second)
    expect(listings()).toBeGreaterThan(failed)
  })

  it('in the middle leaves the rest for the next time', async () => {
    for (const gemName of ['rack', 'rails', 'rake']) temp.hook({ gemName })
    let posts = 0
    stage.org.fail((request, truth) =>
      request.method === 'POST' && ++posts > 1 ? faults.serverError : truth,
    )
    await begin()
    // What was answered 500 was done all the same, and what came after it was not tried.
    expect(registered()).toEqual(['rack', 'rails'])
    expect(autoSync.trouble()).toContain('answered 500: Internal Server Error')
    stage.org.mend()
    await pass(minute)
    expect(registered()).toEqual(['rack', 'rails', 'rake'])
    expect(autoSync.trouble()).toBeNull()
  })

  it('is told without the receiver’s URL', async () => {
    temp.hook({ gemName: 'rails' })
    stage.org.fail(({ method }, truth) =>
      method === 'POST'
        ? { ...truth, status: 409, body: `["A hook for ${receiverUrl} is not to my liking"]` }
        : truth,
    )
    await begin()
    expect(autoSync.trouble()).toContain('A hook for the receiver is not to my liking')
    expect(JSON.stringify(logs)).not.toContain('canary')
  })

  it('is not what a gem is in that the upstream does not know: that is a warning', async () => {
    temp.hook({ gemName: 'nosuch' })
    temp.hook({ gemName: 'rails' })
    await begin()
    expect(autoSync.trouble()).toBeNull()
    expect(autoSync.warnings()).toEqual([
      `${new URL(stage.org.url).host} knows no gem nosuch, so nothing will be heard of it: check the hooks on it here.`,
    ])
    expect(registered()).toEqual(['rails'])
    stage.org.push('nosuch', '1.0')
    await pass(hour)
    expect(registered()).toEqual(['nosuch', 'rails'])
    expect(autoSync.warnings()).toEqual([])
  })

  it('with the ledger is told, and over when the ledger can be written', async () => {
    temp.hook({ gemName: 'rails' })
    const other = new Sqlite(join(temp.folder, 'ledger.db'))
    other.exec('BEGIN IMMEDIATE')
    await begin()
    expect(autoSync.trouble()).toContain('the ledger cannot be used: database is locked')
    // A hook that is not remembered might be nobody's one day.
    expect(registered()).toEqual([])
    other.exec('ROLLBACK')
    other.close()
    await pass(minute)
    expect(autoSync.trouble()).toBeNull()
    expect(registered()).toEqual(['rails'])
  })

  it('that is a bug is loud', async () => {
    vi.spyOn(temp.ledger.hooks, 'wanted').mockImplementation(() => {
      throw new TypeError('a bug')
    })
    await expect(begin()).rejects.toThrow('a bug')
  })
})

describe('start and stop', () => {
  it('looks every 20 s, and after stop no more', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      await begin()
      temp.hook({ gemName: 'rails' })
      vi.advanceTimersByTime(20 * second)
      await until('the hook is registered', () => registered().length === 1)
      await autoSync.stop()
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('never does two syncs at once, and stop waits for the one under way', async () => {
    temp.hook({ gemName: 'rails' })
    autoSync.start()
    let over = false
    const looks = Promise.all([autoSync.wake(), autoSync.wake()]).finally(() => {
      over = true
    })
    await until('the hook is being added', () => count('POST') === 1)
    await autoSync.stop()
    await Promise.resolve()
    expect(registered()).toEqual(['rails'])
    await looks
    expect(over).toBe(true)
    expect([listings(), count('POST')]).toEqual([1, 1])
    stage.time += hour
    await autoSync.wake()
    expect(listings()).toBe(1)
  })

  it('has nothing to say of a sync that was cut short', async () => {
    stage.org.fail({ status: 403, headers: {}, body: 'closed' })
    autoSync.start()
    await autoSync.stop()
    expect(listings()).toBe(1)
    expect(autoSync.trouble()).toBeNull()
    expect(logs).toEqual([])
  })
})
