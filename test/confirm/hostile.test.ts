import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { wireBody } from '../../src/payload.js'
import { codePoint } from '../helpers/code-point.js'
import type { OrgAnswer, OrgRelease, OrgRequest } from '../helpers/rubygems-org.js'
import { until } from '../helpers/wait.js'
import { type ConfirmStage, setConfirmStage, waitTogether } from './stage.js'

let stage: ConfirmStage
beforeEach(async () => {
  stage = await setConfirmStage()
})
afterEach(() => stage.close())

const word = fc.constantFrom('demo', 'demo1', '1.0', '2.0', 'ruby', 'java', '', '../..', '\u0000')
const wrong = fc.oneof(word, fc.jsonValue({ maxDepth: 3 }))
const key = fc.constantFrom(
  'name',
  'version',
  'platform',
  'yanked',
  'sha',
  'version_created_at',
  'dependencies',
)
const denial = fc.constantFrom('This version could not be found.', '{"error":"could not be found"}', 'no', '')

type Change = { status: number; type: string; body?: string; keys?: Record<string, unknown> }

const change: fc.Arbitrary<Change | 'truth' | 'drop'> = fc.oneof(
  fc.constantFrom('truth' as const, 'truth' as const, 'drop' as const),
  fc.record({
    status: fc.constantFrom(200, 204, 304, 302, 401, 403, 404, 410, 418, 429, 500, 503),
    type: fc.constantFrom('application/json', 'text/plain', 'text/html', 'x'),
    body: fc.oneof(denial, fc.json({ maxDepth: 3 }), fc.string({ unit: codePoint, maxLength: 40 })),
  }),
  fc.record({
    status: fc.constant(200),
    type: fc.constant('application/json'),
    keys: fc.dictionary(key, wrong, { maxKeys: 3 }),
  }),
)

const answerWith = (change: Change) => (_: OrgRequest, truth: OrgAnswer) => {
  const headers = { 'Content-Type': change.type }
  if (change.body !== undefined) return { status: change.status, headers, body: change.body }
  const keys = truth.status === 200 ? JSON.parse(String(truth.body)) : {}
  return { status: change.status, headers, body: JSON.stringify({ ...keys, ...change.keys }) }
}

const claimed = fc.record({
  version: fc.constantFrom('1.0', '2.0', '3.0'),
  platform: fc.constantFrom('ruby', 'java'),
  yanked: fc.boolean(),
})

// 1.0 is live, 2.0 yanked, 3.0 never was; java has none of them.
it.each(['prefer', 'require'] as const)(
  'whatever the upstream answers, no claim is lost, and what is confirmed is what was claimed (%s)',
  async (mode) => {
    stage.org.push('demo', '1.0')
    stage.org.push('demo', '2.0')
    stage.org.yank('demo', '2.0')
    stage.confirm(mode)
    await fc.assert(
      fc.asyncProperty(claimed, fc.array(change, { minLength: 1, maxLength: 3 }), async (facts, changes) => {
        stage.temp.change('DELETE FROM releases')
        for (const one of changes)
          if (one !== 'truth') stage.org.fail(one === 'drop' ? one : answerWith(one), { times: 1 })
        const { eventId, status } = stage.claim({ name: 'demo', sha: null, ...facts })
        if (status === 'duplicate') return
        const { checks } = stage.event(eventId)
        expect(checks).toBe(0)
        await until('it was checked', () => {
          // Nobody is asked for 10 s after silence.
          stage.time += 1_000
          return stage.event(eventId).checks > 0
        })
        const { confirmation, check_at, fanned_out_at, doubt, facts: upstreams } = stage.event(eventId)
        expect(confirmation === null).toBe(check_at !== null)
        expect(confirmation === 'refuted').toBe(fanned_out_at !== null)
        if (mode === 'require') expect(confirmation).not.toBe('unconfirmed')
        if (upstreams !== null)
          expect(JSON.parse(String(upstreams))).toMatchObject({ name: 'demo', ...facts })
        if (confirmation !== 'confirmed') expect(doubt).toMatch(/^[^\p{Cc}]+$/u)
        stage.org.mend()
        await until('it has ended', async () => {
          stage.time += 61_000
          await stage.settled()
          return stage.event(eventId).check_at === null
        })
      }),
      { numRuns: 60 },
    )
  },
  60_000,
)

const demo = { name: 'demo', version: '1.0', sha: null }
const page = '/api/v2/rubygems/demo/versions/1.0.json'
const denied = {
  status: 404,
  headers: { 'Content-Type': 'text/plain' },
  body: 'This version could not be found.',
}
const confirmations = () =>
  stage.temp
    .query<{ confirmation: string | null }>('SELECT confirmation FROM events ORDER BY id')
    .map(({ confirmation }) => confirmation)
const payload = (eventId: number) =>
  JSON.parse(String(stage.temp.ledger.deliveries.eventFacts(eventId)?.payload))

/** Catching up finds a release as the stand-in has it. */
const find = (release: OrgRelease, yanked = false) => {
  const facts = { ...stage.org.payloadOf(release), yanked }
  const { number, platform } = release
  const body = wireBody({ name: 'demo', version: number, platform, yanked, facts })
  stage.temp.ledger.arrivals.record([
    {
      gemName: 'demo',
      number,
      platform,
      yanked,
      payload: Buffer.from(body),
      receivedAt: stage.time,
      createdAt: stage.time,
      source: 'catch-up',
      toCheck: false,
    },
  ])
}

const shown = (release: OrgRelease) => ({
  status: 200,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(stage.org.payloadOf(release)),
})

/** What the upstream's cache still shows of every platform of 1.0, whatever happened since. */
const cached = (answer: typeof denied) => stage.org.fail(answer, { on: page })

describe.each(['prefer', 'require'] as const)('who replays one genuine header under CONFIRM=%s', (mode) => {
  it('cannot have an old page confirm the yank of what was found live just now', async () => {
    cached(denied)
    find(stage.org.push('demo', '1.0'))
    stage.time += 59_000
    stage.confirm(mode)
    stage.claim({ ...demo, yanked: true })
    await stage.settled()
    expect(stage.warnings()).toEqual([
      '2: event held: the upstream agrees too early, and is asked again in a minute',
    ])
    stage.org.mend()
    await stage.pass(65_000)
    expect(confirmations()).toEqual(['confirmed', 'refuted'])
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby'])
  })

  it('nor when the release is found while the claim waits', async () => {
    cached(denied)
    stage.confirm(mode)
    stage.claim({ ...demo, yanked: true })
    await stage.settled()
    stage.time += 64_000
    find(stage.org.push('demo', '1.0'))
    await stage.pass(1_000)
    expect(confirmations()).toEqual([null, 'confirmed'])
    stage.org.mend()
    await stage.pass(65_000)
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby'])
  })

  it('cannot keep back its true yank', async () => {
    find(stage.org.push('demo', '1.0'))
    stage.org.yank('demo', '1.0')
    stage.confirm(mode)
    stage.claim({ ...demo, yanked: true })
    await stage.settled()
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby'])
    await stage.pass(65_000)
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby', 'yanked demo 1.0 ruby'])
  })

  it('cannot have an old page confirm that what was yanked just now was restored', async () => {
    const release = stage.org.push('demo', '1.0')
    find(release)
    cached(shown(release))
    stage.time += 3_600_000
    stage.org.yank('demo', '1.0')
    find(release, true)
    stage.confirm(mode)
    stage.claim(demo)
    await stage.settled()
    stage.org.mend()
    await stage.pass(65_000)
    expect(confirmations().at(-1)).toBe('refuted')
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby', 'yanked demo 1.0 ruby'])
  })

  it.each([0, 60_000])(
    'cannot yank one more platform of a live number while it is pushed: %i ms before',
    async (ahead) => {
      find(stage.org.push('demo', '1.0'))
      stage.time += 3_600_000
      cached(denied)
      stage.confirm(mode)
      stage.claim({ ...demo, platform: 'java', yanked: true })
      if (ahead > 0) {
        await stage.settled()
        await stage.pass(ahead)
      }
      stage.org.push('demo', '1.0', { platform: 'java' })
      stage.claim({ ...demo, platform: 'java' })
      await stage.pass(5_000)
      expect(stage.told()).toEqual(['pushed demo 1.0 ruby'])
      stage.org.mend()
      await stage.pass(65_000)
      await stage.pass(65_000)
      expect(stage.told()).toEqual(['pushed demo 1.0 ruby', 'pushed demo 1.0 java'])
      expect(confirmations()).toEqual(['confirmed', 'refuted', 'confirmed'])
    },
  )

  it('cannot keep back the true yank of one more platform, however often he says that it is live', async () => {
    find(stage.org.push('demo', '1.0'))
    stage.org.push('demo', '1.0', { platform: 'java' })
    stage.org.yank('demo', '1.0', 'java')
    stage.confirm(mode)
    stage.claim({ ...demo, platform: 'java', yanked: true })
    for (let second = 0; second <= 70; second += 10) {
      stage.claim({ ...demo, platform: 'java', info: `${second}` })
      await stage.settled()
      await stage.pass(10_000)
    }
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby', 'yanked demo 1.0 java'])
  })

  it.each([
    ['the same bytes', [{}]],
    ['eight other bodies', Array.from({ length: 8 }, (_, index) => ({ info: `${index}` }))],
  ])('cannot have a true yank refuted by claiming it before with %s', async (_, bodies) => {
    const release = stage.org.push('demo', '1.0')
    stage.confirm(mode)
    for (const body of bodies) stage.claim({ ...demo, yanked: true, ...body })
    await stage.settled()
    await stage.pass(50_000)
    cached(shown(release))
    stage.org.yank('demo', '1.0')
    stage.claim({ ...demo, yanked: true })
    await stage.pass(15_000)
    stage.org.mend()
    await stage.pass(65_000)
    expect(stage.told()).toEqual(['yanked demo 1.0 ruby'])
  })

  it('cannot keep back a push by claiming it before with other files', async () => {
    const { sha } = stage.org.push('demo', '1.0')
    stage.confirm(mode)
    for (let file = 10; file < 30; file++) stage.claim({ ...demo, sha: `${file}`.repeat(32) })
    await stage.settled()
    stage.claim({ ...demo, sha })
    await stage.settled()
    expect(stage.told()).toEqual(['pushed demo 1.0 ruby'])
    const eventId = confirmations().indexOf('confirmed') + 1
    expect(payload(eventId)).toMatchObject({ sha })
  })

  it('cannot put words into a true yank of what is known', async () => {
    find(stage.org.push('demo', '1.0', { facts: { homepage_uri: 'https://demo.example/' } }))
    stage.time += 3_600_000
    stage.org.yank('demo', '1.0')
    stage.confirm(mode)
    const { eventId } = stage.claim({ ...demo, yanked: true, homepage_uri: 'https://evil.example/' })
    await stage.settled()
    expect(stage.told()).toContain('yanked demo 1.0 ruby')
    expect(payload(eventId)).toMatchObject({
      homepage_uri: 'https://demo.example/',
      yanked: true,
      platform: 'ruby',
    })
  })

  it('cannot have yanked what never was, whatever the platform is called', async () => {
    stage.org.push('demo', '1.0')
    stage.confirm(mode)
    for (const platform of ['2.0', '1foo', 'java', '-', '..'])
      stage.claim({ ...demo, platform, yanked: true })
    await stage.settled()
    await stage.pass(65_000)
    expect(new Set(confirmations())).toEqual(new Set(['refuted']))
  })

  it('cannot have what is false told for want of time, nor make others wait, however slow the upstream is', async () => {
    stage.org.push('other', '1.0')
    const client = stage.client()
    const slowly: typeof client.release = async (one, options) => {
      const answer = await client.release(one, options)
      await waitTogether(stage, 800)
      return answer
    }
    stage.confirm(mode, { rubygems: { ...client, release: slowly } })
    for (let index = 0; index < 150; index++) {
      stage.offer({ name: 'demo1', version: '2.0', platform: `p${index}`, yanked: index % 2 === 0 })
      stage.offer({ name: 'demo', version: '12.0', platform: `p${index}`, yanked: index % 2 === 0 })
    }
    const { eventId } = stage.claim({ name: 'other', version: '1.0', sha: null })
    const before = stage.time
    await until('the news of others is told', () => stage.event(eventId).confirmation !== null)
    expect(stage.time - before).toBeLessThan(12_000)
    for (let round = 0; round < 100; round++) await stage.pass(3_000)
    expect(stage.told()).toEqual(['pushed other 1.0 ruby'])
    expect(new Set(confirmations())).toEqual(new Set(['confirmed', 'refuted']))
  })
})
