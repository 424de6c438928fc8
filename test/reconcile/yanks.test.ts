import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { faults, type OrgFault } from '../helpers/rubygems-org.js'
import { day, hour, minute, type Scene, setScene } from './scene.js'

let scene: Scene
beforeEach(async () => {
  scene = await setScene()
})
afterEach(() => scene.close())

const copy = () => join(scene.temp.folder, 'upstream-versions')

/** A release that is too old for the timeframe. */
function heardLongAgo(name: string, number: string, platform = 'ruby') {
  const release = scene.org.push(name, number, { platform, createdAt: scene.stage.time - 30 * day })
  scene.webhook(release)
  return release
}

describe('a first read of the index', () => {
  beforeEach(() => {
    scene.temp.hook({ gemName: 'rails' })
  })

  it.each([
    ['listed as yanked', () => {}],
    ['no longer listed', () => scene.org.rebuildIndex()],
  ])('finds yanks that are %s', async (_what, happen) => {
    heardLongAgo('rails', '7.0.0')
    heardLongAgo('rails', '7.0.1')
    heardLongAgo('rails', '7.0.2', 'java')
    heardLongAgo('rake', '13.0')
    scene.later(day)
    scene.org.yank('rails', '7.0.2', 'java')
    scene.org.yank('rake', '13.0')
    happen()
    expect(await scene.pass()).toMatchObject({ events: 1, problem: null })
    expect(scene.events().at(-1)).toBe('yanked rails 7.0.2 java')
    const [event] = scene.temp.query<{ payload: Buffer }>("SELECT payload FROM events WHERE kind = 'yanked'")
    expect(JSON.parse(String(event?.payload))).toMatchObject({
      name: 'rails',
      version: '7.0.2',
      platform: 'java',
      yanked: true,
      info: 'Demonstration gem for tests.',
    })
    await scene.pass()
    expect(scene.events()).toHaveLength(5)
  })

  it('finds restores, and yanks of a gem that has nothing left', async () => {
    const release = heardLongAgo('rails', '7.0.0')
    scene.org.yank('rails', '7.0.0')
    scene.webhook(release)
    scene.org.restore('rails', '7.0.0')
    scene.later(day)
    await scene.pass()
    expect(scene.events().slice(1)).toEqual(['yanked rails 7.0.0', 'restored rails 7.0.0'])
    scene.later(day)
    scene.org.yank('rails', '7.0.0')
    scene.org.rebuildIndex()
    await scene.pass()
    expect(scene.events().at(-1)).toBe('yanked rails 7.0.0')
  })

  it('takes what the ledger does not know for history', async () => {
    scene.org.push('rails', '7.0.0', { createdAt: scene.stage.time - 30 * day })
    await scene.pass()
    expect(scene.events()).toEqual([])
  })

  it('finds yanks of all gems when a hook is on all, however many were created at once', async () => {
    scene.temp.hook()
    for (let i = 0; i < 130; i++) heardLongAgo(`gem${i % 7}`, `1.${i}`)
    scene.later(day)
    for (const i of [0, 49, 50, 129]) scene.org.yank(`gem${i % 7}`, `1.${i}`)
    scene.org.rebuildIndex()
    expect(await scene.pass()).toMatchObject({ events: 4 })
    expect(new Set(scene.events().slice(130))).toEqual(
      new Set(['yanked gem0 1.0', 'yanked gem0 1.49', 'yanked gem1 1.50', 'yanked gem3 1.129']),
    )
  })

  it('takes what the upstream has never heard of for no yank', async () => {
    // As a gemherald does that is younger than this one.
    for (const number of ['7.0.0', '7.0.1'])
      scene.temp.arrive({ name: 'rails', version: number }, scene.stage.time)
    scene.org.push('rails', '7.1.0')
    scene.later(day)
    expect(await scene.pass()).toMatchObject({ problem: null })
    expect(scene.events()).not.toContain('yanked rails 7.0.0')
    expect(scene.org.count(/^\/api\/v2/)).toBe(2)
  })

  it('is not made again for what is too young to be listed', async () => {
    heardLongAgo('rails', '7.0.0')
    scene.org.fail(faults.serverError, { on: /^\/api\/v2/ })
    scene.org.fail((_, truth) => ({ ...truth, body: '---\n', headers: {} }), { on: '/versions', times: 1 })
    expect(await scene.pass()).toMatchObject({ events: 0, problem: null })
    expect(existsSync(copy())).toBe(true)
  })

  it('looks soon at yanks that are listed: caches are a minute old at most', async () => {
    heardLongAgo('rails', '7.0.0')
    scene.org.yank('rails', '7.0.0')
    scene.later(64_000)
    expect(await scene.pass()).toMatchObject({ events: 0, problem: null })
    rmSync(copy())
    scene.later(1_000)
    expect(await scene.pass()).toMatchObject({ events: 1, problem: null })
    expect(scene.events().at(-1)).toBe('yanked rails 7.0.0')
  })

  it.each([
    ['listed as yanked', () => {}],
    ['no longer listed', () => scene.org.rebuildIndex()],
  ])(
    'comes back in the next pass to what is too young, though the copy is kept: %s',
    async (_what, happen) => {
      heardLongAgo('rails', '7.0.0')
      scene.org.yank('rails', '7.0.0')
      happen()
      scene.later(minute)
      expect(await scene.pass()).toMatchObject({ events: 0, problem: null })
      expect(scene.org.count(/^\/api\/v2/)).toBe(0)
      scene.later(1_000)
      scene.org.push('rake', '13.0')
      await scene.pass()
      scene.later(15 * minute)
      scene.org.fail(faults.serverError, { on: /^\/api\/v2/ })
      expect((await scene.pass()).problem?.code).toBe('unavailable')
      scene.org.mend()
      await scene.pass()
      expect(scene.events()).toEqual(['pushed rails 7.0.0', 'yanked rails 7.0.0'])
      const asked = scene.org.requests.all.filter(({ path }) => path === '/versions')
      expect(asked.map(({ headers }) => headers.range !== undefined)).toEqual([false, true, true, true])
    },
  )

  it('believes no index alone', async () => {
    heardLongAgo('rails', '7.0.0')
    scene.later(day)
    scene.org.fail({ status: 200, headers: {}, body: 'created_at: 2026-11-01\n---\n' }, { on: '/versions' })
    expect(await scene.pass()).toMatchObject({ events: 0, problem: null })
    expect(scene.org.count(/^\/api\/v2/)).toBe(1)
  })
})

describe('later reads', () => {
  beforeEach(async () => {
    scene.temp.hook({ gemName: 'rails' })
    heardLongAgo('rails', '7.0.0')
    scene.later(day)
    await scene.pass()
  })

  const asked = () => scene.org.requests.all.filter(({ path }) => path === '/versions')

  it('ask for the end of the file only, and find yanks and restores in it', async () => {
    scene.org.yank('rails', '7.0.0')
    await scene.pass()
    scene.later(day)
    scene.org.restore('rails', '7.0.0')
    await scene.pass()
    expect(scene.events()).toEqual(['pushed rails 7.0.0', 'yanked rails 7.0.0', 'restored rails 7.0.0'])
    expect(asked().map(({ headers }) => headers.range !== undefined)).toEqual([false, true, true])
    await scene.restart()
    await scene.pass()
    expect(asked().at(-1)?.headers).toMatchObject({
      range: expect.any(String),
      'if-none-match': expect.any(String),
    })
  })

  it('need no count of downloads to believe in a yank that is listed', async () => {
    scene.org.fail({ status: 404, headers: {}, body: 'no such path' }, { on: /^\/api\/v1\/downloads/ })
    scene.org.yank('rails', '7.0.0')
    expect(await scene.pass()).toMatchObject({ events: 1, problem: null })
  })

  it('go by the last mention', async () => {
    scene.org.yank('rails', '7.0.0')
    scene.org.restore('rails', '7.0.0')
    await scene.pass()
    expect(scene.org.count(/^\/api\/v2/)).toBe(0)
  })

  it('find what the upstream itself heard of late, in order of creation', async () => {
    const late = (number: string, age: number) =>
      scene.org.push('rails', number, { createdAt: scene.stage.time - age })
    late('7.1.1', 3 * day)
    late('7.1.2', 2 * day)
    late('7.1.0', 4 * day)
    scene.org.push('rake', '13.0', { createdAt: scene.stage.time - day })
    expect(await scene.pass()).toMatchObject({ events: 3 })
    expect(scene.events().slice(1)).toEqual([
      'pushed rails 7.1.0',
      'pushed rails 7.1.1',
      'pushed rails 7.1.2',
    ])
    expect(scene.temp.query('SELECT created_at FROM releases').slice(1)).toEqual([
      { created_at: scene.stage.time - 4 * day },
      { created_at: scene.stage.time - 3 * day },
      { created_at: scene.stage.time - 2 * day },
    ])
  })

  it('pass over what was yanked before it was heard of', async () => {
    scene.org.push('rails', '7.1.0', { createdAt: scene.stage.time - day })
    scene.org.yank('rails', '7.1.0')
    scene.org.push('rails', '7.2.0', { createdAt: scene.stage.time - day })
    await scene.pass()
    expect(scene.events().slice(1)).toEqual(['pushed rails 7.2.0'])
  })

  it('pass over what is listed still, but gone', async () => {
    scene.org.push('rails', '7.1.0', { createdAt: scene.stage.time - day })
    scene.org.fail(
      { status: 404, headers: {}, body: 'This version could not be found.' },
      { on: /^\/api\/v2/ },
    )
    expect(await scene.pass()).toMatchObject({ events: 0, problem: null })
  })

  it('do not go before webhooks that come meanwhile', async () => {
    const release = scene.org.push('rails', '7.1.0', { createdAt: scene.stage.time - day })
    scene.org.fail(
      (_, truth) => {
        scene.webhook(release)
        scene.temp.arrive({ name: 'rails', version: '7.1.0', yanked: true }, scene.stage.time)
        return truth
      },
      { on: /^\/api\/v2/ },
    )
    await scene.pass()
    expect(scene.events().slice(1)).toEqual(['pushed rails 7.1.0', 'yanked rails 7.1.0'])
  })

  it('note that webhooks were right', async () => {
    const release = scene.org.yank('rails', '7.0.0')
    scene.webhook(release)
    await scene.pass()
    expect(scene.sources()).toEqual([
      'pushed rails 7.0.0 by webhook',
      'yanked rails 7.0.0 by webhook, catch-up',
    ])
    const [event] = scene.temp.query<{ payload: Buffer }>("SELECT payload FROM events WHERE kind = 'yanked'")
    expect(JSON.parse(String(event?.payload))).toEqual(scene.org.payloadOf(release))
  })

  it('do not undo what a webhook has just told: they come back to it', async () => {
    scene.org.push('rails', '7.1.0', { createdAt: scene.stage.time - day })
    // Only the webhook knows of the yank yet; the upstream's caches do not.
    scene.temp.arrive({ name: 'rails', version: '7.1.0', yanked: true }, scene.stage.time)
    await scene.pass()
    expect(scene.events().slice(1)).toEqual(['yanked rails 7.1.0'])
    scene.later(15 * minute)
    await scene.pass()
    // It was a lie.
    expect(scene.events().slice(1)).toEqual(['yanked rails 7.1.0', 'restored rails 7.1.0'])
  })

  it.each<[string, OrgFault]>([
    ['500', faults.serverError],
    ['429', faults.throttled(1)],
    ['garbage', faults.garbage],
    ['a web page', faults.webPage],
    ['half the body', faults.halfTheBody],
    ['a broken connection', 'cut'],
  ])('come back to the same lines after %s', async (_what, fault) => {
    scene.org.yank('rails', '7.0.0')
    scene.org.push('rails', '7.1.0', { createdAt: scene.stage.time - 2 * day })
    for (const on of ['/versions', /^\/api\/v2/]) {
      scene.org.fail(fault, { on })
      expect((await scene.pass()).problem).not.toBeNull()
      expect(scene.events()).toHaveLength(1)
      scene.org.mend()
      scene.later(minute)
    }
    await scene.restart()
    expect(await scene.pass()).toMatchObject({ events: 2, problem: null })
    expect(scene.events().slice(1)).toEqual(['yanked rails 7.0.0', 'pushed rails 7.1.0'])
  })

  it('start anew, and find yanks all the same, after a rebuild', async () => {
    heardLongAgo('rails', '7.0.1')
    await scene.pass()
    scene.later(day)
    scene.org.yank('rails', '7.0.0')
    scene.org.rebuildIndex()
    await scene.pass()
    expect(scene.events().at(-1)).toBe('yanked rails 7.0.0')
    scene.later(day)
    scene.org.yank('rails', '7.0.1')
    await scene.pass()
    expect(scene.events().at(-1)).toBe('yanked rails 7.0.1')
  })

  it.each([
    ['is missing', ''],
    [
      'is another upstream’s',
      `gemherald ${'0'.repeat(64)}\n---\nrails 1.0 0123456789abcdef0123456789abcdef\n`,
    ],
    ['is nothing of ours', 'hello'],
  ])('start anew when the copy %s', async (_what, text) => {
    writeFileSync(copy(), text)
    scene.org.yank('rails', '7.0.0')
    await scene.pass()
    expect(asked().map(({ headers }) => headers.range)).toEqual([undefined, undefined])
    expect(scene.events().at(-1)).toBe('yanked rails 7.0.0')
  })

  it('start anew when the copy breaks off within a line', async () => {
    const bytes = readFileSync(copy())
    writeFileSync(copy(), bytes.subarray(0, -5))
    await scene.pass()
    expect(asked().map(({ headers }) => headers.range)).toEqual([undefined, undefined])
    expect(readFileSync(copy())).toEqual(bytes)
  })

  it('keep the copy for its owner only, as the upstream has it', async () => {
    scene.org.push('rake', '13.0')
    await scene.pass()
    const whole = await (await fetch(`${scene.org.url}/versions`)).text()
    expect(String(readFileSync(copy()))).toMatch(/^gemherald [0-9a-f]{64}\n/)
    expect(String(readFileSync(copy())).replace(/^.*\n/, '')).toBe(whole)
    expect(statSync(copy()).mode & 0o777).toBe(0o600)
    scene.org.rebuildIndex()
    await scene.pass()
    expect(statSync(copy()).mode & 0o777).toBe(0o600)
    expect(existsSync(`${copy()}.new`)).toBe(false)
  })
})

describe('an upstream without a compact index', () => {
  it('is no trouble, and said once', async () => {
    scene.temp.hook()
    scene.org.fail({ status: 404, headers: {}, body: 'nothing here' }, { on: '/versions' })
    for (let i = 0; i < 3; i++) expect(await scene.pass()).toMatchObject({ problem: null })
    expect(scene.logs.filter(({ msg }) => msg.includes('no compact index'))).toHaveLength(1)
    expect(scene.reconciler.trouble()).toBeNull()
  })
})

describe('a hostile index', () => {
  it.each([
    ['a damaged line', `rails ${'1.0,'.repeat(200_000)}-7.0.1 0123456789abcdef0123456789abcdef\n`],
    ['a line without end', `\n${'x'.repeat(2_000_000)}\n`],
  ])('hides nothing behind %s', async (_what, line) => {
    scene.temp.hook()
    for (const number of ['7.0.0', '7.0.1', '7.0.2']) heardLongAgo('rails', number)
    scene.later(hour)
    for (const number of ['7.0.0', '7.0.2']) scene.org.yank('rails', number)
    const word = (full: string) => `rails ${full} 0123456789abcdef0123456789abcdef\n`
    const body = `---\n${word('-7.0.0')}${word('7.0.1')}${line}${word('-7.0.2')}`
    scene.org.fail({ status: 200, headers: {}, body }, { on: '/versions' })
    // Those that are listed as yanked need no count of downloads.
    scene.org.fail(faults.serverError, { on: /^\/api\/v1\/downloads/ })
    expect(await scene.pass()).toMatchObject({ events: 2, problem: null })
    expect(scene.events().slice(3)).toEqual(['yanked rails 7.0.0', 'yanked rails 7.0.2'])
    expect(scene.org.count(/^\/api\/v2/)).toBe(2)
  })

  it('of one line without end is no trouble', async () => {
    scene.temp.hook()
    heardLongAgo('rails', '7.0.0')
    scene.later(hour)
    const body = `---\n${'x'.repeat(1_000_000)}\n`
    scene.org.fail({ status: 200, headers: {}, body }, { on: '/versions' })
    expect(await scene.pass()).toMatchObject({ events: 0, problem: null })
  })

  it('of many lines does not hold the server up', async () => {
    scene.temp.hook()
    heardLongAgo('rails', '7.0.0')
    const line = `${'1.0.'.repeat(10)}1 0123456789abcdef0123456789abcdef\n`
    const body = `---\n${Array.from({ length: 50_000 }, (_, i) => `rails${i} ${line}`).join('')}`
    scene.org.fail({ status: 200, headers: {}, body }, { on: '/versions' })
    let turns = 0
    const turn = setInterval(() => {
      turns += 1
    }, 0)
    await scene.pass()
    clearInterval(turn)
    expect(turns).toBeGreaterThan(20)
  })
})
