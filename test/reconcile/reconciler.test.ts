import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { faults } from '../helpers/rubygems-org.js'
import { until } from '../helpers/wait.js'
import { start } from '../rubygems/stage.js'
import { hour, minute, type Scene, setScene } from './scene.js'

let scene: Scene
beforeEach(async () => {
  scene = await setScene()
})
afterEach(() => scene.close())

const levels = (text: string) => scene.logs.filter(({ msg }) => msg.includes(text)).map(({ level }) => level)
const [debug, info, warn] = [20, 30, 40]

/** Runs the loop with pauses that end when the test lets them: what it returns lets so many seconds go by. */
async function startLoop(): Promise<(seconds: number) => Promise<void>> {
  let left = 0
  let goOn: (() => void) | null = null
  await scene.restart({
    parts: {
      async pause(ms, signal) {
        if (left === 0)
          await new Promise<void>((resolve) => {
            goOn = resolve
            signal.addEventListener('abort', () => resolve(), { once: true })
          })
        left -= ms / 1_000
        scene.later(ms)
      },
    },
  })
  scene.reconciler.start()
  await until('the first pass is over', () => goOn !== null)
  return async (seconds) => {
    left = seconds
    const wait = goOn
    goOn = null
    wait?.()
    await until(`${seconds} seconds are over`, () => goOn !== null)
  }
}

const passes = () => scene.org.count('/versions')

describe('passes', () => {
  it('come at once, and every 15 minutes', async () => {
    scene.temp.hook()
    const wait = await startLoop()
    expect(passes()).toBe(1)
    await wait(15 * 60 - 1)
    expect(passes()).toBe(1)
    await wait(1)
    expect(passes()).toBe(2)
    // A clock that jumps changes nothing about it.
    scene.later(-5 * hour)
    await wait(15 * 60)
    expect(passes()).toBe(3)
  })

  it('come sooner after failures, and say why once', async () => {
    scene.temp.hook()
    scene.org.fail(faults.serverError, { on: '/versions' })
    const wait = await startLoop()
    const made = [passes()]
    for (const minutes of [1, 2, 4, 8, 15]) {
      await wait(minutes * 60)
      made.push(passes())
    }
    // Three tries each.
    expect(made).toEqual([3, 6, 9, 12, 15, 18])
    expect(levels('could not look')).toEqual([warn, debug, debug, debug, debug, debug])
    expect(scene.reconciler.trouble()).toMatch(
      /^Releases that 127\.0\.0\.1:\d+ did not tell of .* answered 500/,
    )
    scene.org.mend()
    await wait(15 * 60)
    expect(levels('works again')).toEqual([info])
    expect(scene.reconciler.trouble()).toBeNull()
    await wait(15 * 60 - 1)
    expect(passes()).toBe(19)
  })

  it('never run two at once', async () => {
    scene.temp.hook()
    const [one, two] = [scene.reconciler.passNow(), scene.reconciler.passNow()]
    expect(await one).toBe(await two)
    expect(passes()).toBe(1)
  })

  it('are told of when they found something', async () => {
    scene.temp.hook()
    await scene.pass()
    expect(levels('webhooks had not told')).toEqual([])
    scene.later(minute)
    scene.org.push('rails', '8.0.0')
    await scene.pass()
    expect(scene.logs.at(-1)).toMatchObject({ level: info, events: 1, windows: 1 })
  })

  it('remember how far they came, and what was published last, wanted or not', async () => {
    scene.temp.hook({ gemName: 'rails' })
    scene.later(minute)
    scene.org.push('rake', '13.0')
    scene.later(minute)
    scene.org.push('rake', '13.1')
    scene.org.yank('rake', '13.1')
    const before = scene.stage.time
    await scene.pass()
    expect(scene.temp.ledger.upstreams.progress(scene.org.url)).toMatchObject({
      begunAt: before,
      completeUntil: before,
      publishedAt: start + minute,
    })
  })
})

describe('without hooks', () => {
  it('the upstream is not asked, and what passes is complete', async () => {
    await scene.pass()
    scene.later(20 * 24 * hour)
    scene.org.push('rails', '8.0.0')
    await scene.pass()
    expect(scene.org.count()).toBe(0)
    expect(scene.temp.ledger.upstreams.progress(scene.org.url)?.completeUntil).toBe(scene.stage.time)
  })

  it('the first hook brings about a pass, which takes nothing from before', async () => {
    const wait = await startLoop()
    await wait(60)
    scene.org.push('rails', '8.0.0')
    await wait(2)
    scene.temp.hook()
    await wait(1)
    expect(passes()).toBe(1)
    scene.org.push('rails', '8.0.1')
    scene.org.push('rails', '7.0.9', { createdAt: start - 24 * hour })
    await wait(15 * 60)
    expect(scene.events()).toEqual(['pushed rails 8.0.1', 'pushed rails 7.0.9'])
  })

  it('no copy of the index is left that would take what was not wanted for new', async () => {
    const endpoint = scene.temp.hook({ gemName: 'rails' })
    await scene.pass()
    scene.temp.ledger.hooks.removeAddress(endpoint, scene.stage.time)
    await scene.pass()
    expect(existsSync(join(scene.temp.folder, 'upstream-versions'))).toBe(false)
    scene.org.push('rails', '7.0.0', { createdAt: start - 24 * hour })
    scene.later(24 * hour)
    scene.temp.hook({ gemName: 'rails' })
    await scene.pass()
    expect(scene.events()).toEqual([])
  })
})

describe('stopping', () => {
  it.each(['/api/v1/timeframe_versions.json', '/versions', /^\/api\/v2/])(
    'ends a pass that waits for %s, and the ledger is left alone',
    async (on) => {
      scene.temp.hook()
      scene.webhook(scene.org.push('rails', '8.0.0'))
      scene.later(10 * minute)
      scene.org.yank('rails', '8.0.0')
      scene.org.fail('hang', { on })
      const pass = scene.reconciler.passNow()
      await until('it hangs', () => scene.org.count(on) > 0)
      await scene.reconciler.stop()
      expect(await pass).toMatchObject({ problem: { code: 'unavailable' } })
      expect(levels('could not look')).toEqual([])
      expect(await scene.reconciler.passNow()).toEqual({ events: 0, windows: 0, problem: expect.anything() })
    },
  )

  it('ends the pauses', async () => {
    scene.reconciler.start()
    await until('it looked', () => scene.temp.ledger.upstreams.progress(scene.org.url) !== undefined)
    await scene.reconciler.stop()
  })
})

describe('trouble with the disk', () => {
  it('ends a pass, and not the process', async () => {
    scene.temp.hook()
    scene.later(minute)
    await scene.pass()
    scene.org.push('rails', '8.0.0')
    const file = join(scene.temp.folder, 'upstream-versions')
    rmSync(file)
    mkdirSync(`${file}.new`)
    expect((await scene.pass()).problem?.message).toMatch(
      /^DATA_DIR cannot be used: .*upstream-versions\.new/,
    )
    rmSync(`${file}.new`, { recursive: true })
    expect((await scene.pass()).problem).toBeNull()
    expect(scene.events()).toEqual(['pushed rails 8.0.0'])
  })

  it('of the ledger is the same', async () => {
    scene.temp.hook()
    await scene.pass()
    scene.org.push('rails', '8.0.0')
    scene.later(minute)
    const { ledger } = scene.temp
    const { record } = ledger.arrivals
    ledger.arrivals.record = () => {
      throw new Sqlite.SqliteError('database or disk is full', 'SQLITE_FULL')
    }
    expect((await scene.pass()).problem?.message).toContain('disk is full')
    ledger.arrivals.record = () => {
      throw new TypeError('a bug')
    }
    await expect(scene.pass()).rejects.toThrow('a bug')
    ledger.arrivals.record = record
    await scene.pass()
    expect(scene.events()).toEqual(['pushed rails 8.0.0'])
  })
})
