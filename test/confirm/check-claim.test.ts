import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ClaimCheck, checkClaim } from '../../src/confirm/check-claim.js'
import { ok } from '../../src/error.js'
import type { EventKind } from '../../src/event.js'
import type { Known } from '../../src/ledger/claims.js'
import type { Outbound } from '../../src/outbound/client.js'
import { wireBody } from '../../src/payload.js'
import type { RubygemsParts } from '../../src/rubygems/client.js'
import { faults, type OrgFault } from '../helpers/rubygems-org.js'
import { payloadOf } from '../helpers/webhooks.js'
import { jsonAnswer, type Stage, setStage, start } from '../rubygems/stage.js'
import { silence } from './stage.js'

let stage: Stage
beforeEach(async () => {
  stage = await setStage()
})
afterEach(() => stage.close())

interface Asked {
  kind?: EventKind
  name?: string
  number?: string
  platform?: string
  /** Keys of the body. */
  facts?: Record<string, unknown>
  /** What the ledger has of it, and for how long, ms; 65 s unless told. */
  known?: { state: Known['state']; forMs?: number }
  isNumberLive?: boolean
  agreedAt?: number
  client?: Partial<RubygemsParts>
}

const check = (asked: Asked = {}): Promise<ClaimCheck> => {
  const { kind = 'pushed', name = 'demo', number = '1.0', platform = 'ruby', facts, known } = asked
  const body = { name, version: number, platform, yanked: kind === 'yanked', sha: null, ...facts }
  const state = { checkAt: start, checks: 0, doubt: null, contradictedAt: null }
  const payload = payloadOf({ ...body, yanked: false, info: 'what the ledger has' })
  const claims = {
    known: () =>
      known && { state: known.state, changedAt: stage.time - (known.forMs ?? 65_000), eventId: 1, payload },
    isNumberLive: () => asked.isNumberLive ?? false,
  }
  return checkClaim(
    {
      ...state,
      eventId: 1,
      kind,
      gemName: name,
      number,
      platform,
      payload: payloadOf(body),
      receivedAt: start,
      heardAt: start,
      agreedAt: asked.agreedAt ?? null,
    },
    { claims, rubygems: stage.client(asked.client), now: () => stage.time },
  )
}
const release = '/api/v2/rubygems/demo/versions/1.0.json'
const totals = '/api/v1/downloads/demo-1.0.json'
const notFound = (text: string) => ({ status: 404, headers: { 'Content-Type': 'text/plain' }, body: text })
const contradicted = (reason: string) => ({ outcome: 'contradicted', reason })

const yanked = contradicted('The upstream has it yanked.')
const neverWas = contradicted('The upstream has no such version.')
const eitherOr = contradicted('The upstream has no such version, or it was yanked since.')
const otherFile = contradicted('The upstream has a file with another SHA-256.')
const live = contradicted('The upstream has it live, so it is not yanked.')
const wasLive: Asked = { kind: 'yanked', known: { state: 'live' } }
const confirmedYank = { outcome: 'confirmed', facts: null, createdAt: null }

describe.each(['pushed', 'restored'] as const)('of %s', (kind) => {
  it('what is there is confirmed, with what the upstream says of it', async () => {
    const row = stage.org.push('demo', '1.0', { facts: { homepage_uri: 'https://demo.example/' } })
    stage.time += 90_000
    const facts = { homepage_uri: 'https://evil.example/', info: 'lies', sha: row.sha.toUpperCase() }
    const said = await check({ kind, facts })
    const truth = { name: 'demo', version: '1.0', platform: 'ruby', yanked: false }
    const body = wireBody({ ...truth, facts: stage.org.payloadOf(row) })
    expect(said).toEqual({ outcome: 'confirmed', facts: Buffer.from(body), createdAt: start })
    expect(stage.org.count()).toBe(1)
  })

  it.each([null, undefined, '', 'not hex', 5, 'abc123', {}])(
    'a body with %j for its SHA-256 says nothing about the file',
    async (sha) => {
      stage.org.push('demo', '1.0')
      expect(await check({ kind, facts: { sha } })).toMatchObject({ outcome: 'confirmed' })
    },
  )

  it('another file is a contradiction', async () => {
    stage.org.push('demo', '1.0')
    expect(await check({ kind, facts: { sha: 'ab'.repeat(32) } })).toEqual(otherFile)
  })

  it('an upstream without SHA-256 has none that differs', async () => {
    stage.org.push('demo', '1.0', { facts: { sha: null } })
    expect(await check({ kind, facts: { sha: 'ab'.repeat(32) } })).toMatchObject({ outcome: 'confirmed' })
  })

  it('another platform is another release', async () => {
    stage.org.push('demo', '1.0')
    expect(await check({ kind, platform: 'java' })).toEqual(neverWas)
    stage.org.push('demo', '1.0', { platform: 'java' })
    expect(await check({ kind, platform: 'java' })).toMatchObject({ outcome: 'confirmed' })
  })

  it('what is yanked is a contradiction', async () => {
    stage.org.push('demo', '1.0')
    stage.org.yank('demo', '1.0')
    expect(await check({ kind })).toEqual(yanked)
    expect(stage.org.requests.all.map(({ path }) => path)).toEqual([release, totals])
  })

  it('what is shown as yanked is one, too', async () => {
    stage.org.push('demo', '1.0', { facts: { yanked: true } })
    expect(await check({ kind })).toEqual(yanked)
  })

  it('what never was is one, of a gem that exists and of one that does not', async () => {
    expect(await check({ kind })).toEqual(neverWas)
    stage.org.push('demo', '2.0')
    expect(await check({ kind })).toEqual(neverWas)
  })

  it('why it is not found is told only when that is easily known', async () => {
    stage.org.fail(faults.serverError, { on: totals })
    expect(await check({ kind })).toEqual(eitherOr)
    expect(stage.time).toBeLessThanOrEqual(start + 2_000)
  })
})

describe('of a yank', () => {
  it('what is live is a contradiction', async () => {
    stage.org.push('demo', '1.0')
    expect(await check(wasLive)).toEqual(live)
    expect(await check({ kind: 'yanked' })).toEqual(live)
  })

  it('what is gone and was live here is confirmed, without another question', async () => {
    stage.org.push('demo', '1.0')
    stage.org.yank('demo', '1.0')
    const said = await check({ ...wasLive, facts: { info: 'lies' } })
    expect(said).toMatchObject({ outcome: 'confirmed', createdAt: null })
    const facts = 'facts' in said ? JSON.parse(String(said.facts)) : null
    expect(facts).toMatchObject({ name: 'demo', yanked: true, info: 'what the ledger has' })
    expect(stage.org.count()).toBe(1)
  })

  it('what is gone and never was here is confirmed when its downloads are counted', async () => {
    stage.org.push('demo', '1.0', { platform: 'java' })
    stage.org.yank('demo', '1.0', 'java')
    expect(await check({ kind: 'yanked', platform: 'java' })).toEqual(confirmedYank)
    expect(await check({ kind: 'yanked' })).toEqual(neverWas)
  })

  it('what is shown as yanked is confirmed', async () => {
    stage.org.push('demo', '1.0', { facts: { yanked: true } })
    const said = await check({ kind: 'yanked', facts: { info: 'lies' } })
    expect(said).toMatchObject({ outcome: 'confirmed', createdAt: start })
    expect('facts' in said && JSON.parse(String(said.facts))).toMatchObject({ yanked: true })
    expect('facts' in said && String(said.facts)).not.toContain('lies')
  })

  it.each<[string, OrgFault]>([
    ['fails', faults.serverError],
    ['hangs up', 'drop'],
    ['has no such endpoint', notFound('{"status":404,"error":"Not Found"}')],
  ])('what is gone and never was here stays unclear when the count %s', async (_, fault) => {
    stage.org.fail(fault, { on: totals })
    // Not silence: the upstream did answer the first question.
    expect(await check({ kind: 'yanked' })).toMatchObject({ outcome: 'unclear', why: 'answer' })
  })

  // demo-1 2.0 is demo-1-2.0, and so would be demo 1 for a platform called 2.0.
  it.each([
    ['1', '2.0'],
    ['1-2.0', 'ruby'],
  ])(
    '%s for platform %s is not taken for another release with the same full name',
    async (number, platform) => {
      stage.org.push('demo-1', '2.0')
      expect(await check({ kind: 'yanked', number, platform })).toMatchObject({ outcome: 'unclear' })
    },
  )
})

describe('what the upstream agrees with', () => {
  const early = { outcome: 'early', reason: expect.stringMatching(/older than what the ledger has\.$/) }
  const pushed: EventKind[] = ['pushed', 'restored']

  it.each([
    [0, true],
    [64_999, true],
    [65_000, false],
    [-1, false],
  ])('may be older than a state of %i ms: %s', async (forMs, isEarly) => {
    const outcome = isEarly ? 'early' : 'confirmed'
    stage.org.push('demo', '1.0')
    for (const kind of pushed)
      expect(await check({ kind, known: { state: 'yanked', forMs } })).toMatchObject({ outcome })
    stage.org.yank('demo', '1.0')
    const said = await check({ kind: 'yanked', known: { state: 'live', forMs } })
    expect(said).toMatchObject(isEarly ? early : { outcome })
  })

  it('is confirmed when the ledger has it already', async () => {
    stage.org.push('demo', '1.0')
    for (const kind of pushed)
      expect(await check({ kind, known: { state: 'live', forMs: 0 } })).toMatchObject({
        outcome: 'confirmed',
      })
    stage.org.yank('demo', '1.0')
    expect(await check({ kind: 'yanked', known: { state: 'yanked', forMs: 0 } })).toEqual(confirmedYank)
  })

  it.each([
    [null, 'early'],
    [start, 'early'],
    [start - 59_999, 'early'],
    [start - 60_000, 'confirmed'],
    // By a clock that was wrong.
    [start + 86_400_000, 'confirmed'],
  ])(
    'of a number that is live elsewhere must be so for a minute: since %s is %s',
    async (agreedAt, outcome) => {
      stage.org.push('demo', '1.0')
      stage.org.yank('demo', '1.0')
      const asked = agreedAt === null ? {} : { agreedAt }
      expect(await check({ kind: 'yanked', isNumberLive: true, ...asked })).toMatchObject({ outcome })
    },
  )
})

describe('two gems with one digest', () => {
  it('are told apart: foo 12.0 is not foo1 2.0', async () => {
    stage.org.push('foo', '12.0')
    expect(await check({ name: 'foo', number: '12.0' })).toMatchObject({ outcome: 'confirmed' })
    expect(await check({ name: 'foo1', number: '2.0' })).toEqual(neverWas)
    expect(await check({ name: 'foo1', number: '2.0', kind: 'yanked' })).toEqual(neverWas)
  })
})

describe('an answer that says nothing', () => {
  const answered = (changes: Record<string, unknown>): OrgFault => {
    const row = stage.org.push('demo', '1.0')
    return jsonAnswer(JSON.stringify({ ...stage.org.payloadOf(row), ...changes }))
  }
  const statuses = (status: number) => ({ ...notFound('No.'), status })

  it.each<[string, () => OrgFault, string]>([
    ['is about another gem', () => answered({ name: 'demo2' }), 'another release: demo2 1.0 (ruby)'],
    ['is about another number', () => answered({ version: '1.0.0' }), 'another release'],
    ['is about another platform', () => answered({ platform: 'java' }), 'another release'],
    ['is a web page', () => faults.webPage, 'web page'],
    ['is garbage', () => faults.garbage, 'not JSON'],
    ['is no release', () => jsonAnswer('[]'), 'unknown shape'],
    ['is a 404 of somebody else', () => notFound('no route'), 'answered 404'],
    ['is a 404 in JSON', () => notFound('{"status":404,"error":"Not Found"}'), 'answered 404'],
    ['is a 404 without a word', () => notFound(''), 'answered 404'],
    ['is a 401', () => statuses(401), 'answered 401'],
    ['is a 403', () => statuses(403), 'answered 403'],
    ['is a 410', () => statuses(410), 'answered 410'],
    ['is a redirect', () => statuses(302), 'redirect'],
    ['is a 500', () => faults.serverError, 'answered 500'],
    ['is a 429', () => faults.throttled(), 'answered 429'],
  ])('because it %s is unclear, whatever is claimed', async (_, fault, reason) => {
    stage.org.fail(fault(), { on: release })
    for (const kind of ['pushed', 'restored', 'yanked'] as const) {
      const said = await check({ kind, known: { state: 'live' } })
      expect(said).toMatchObject({ outcome: 'unclear', why: 'answer', retryAfterMs: null })
      expect(said).toHaveProperty('reason', expect.stringContaining(reason))
    }
  })

  it.each([faults.unavailable(42), faults.throttled(42)])('passes on how long to wait', async (fault) => {
    stage.org.fail(fault)
    expect(await check()).toMatchObject({ outcome: 'unclear', why: 'answer', retryAfterMs: 42_000 })
  })

  it('is shown in one clean line', async () => {
    stage.org.fail({ ...notFound(`\u001b[31mred\nnext \u202e${'x'.repeat(5_000)}`), status: 500 })
    const said = await check()
    const reason = said.outcome === 'unclear' ? said.reason : ''
    expect(reason).toContain('[31mred next x')
    expect(reason).not.toMatch(/[\p{Cc}\u202e]/u)
    expect(reason.length).toBeLessThanOrEqual(300)
  })
})

describe('silence', () => {
  it.each<OrgFault>(['drop', 'cut'])('is what comes of a connection that ends: %s', async (fault) => {
    stage.org.push('demo', '1.0')
    stage.org.fail(fault)
    expect(await check()).toMatchObject({ outcome: 'unclear', why: 'silence' })
  })

  it('is a closed port', async () => {
    await stage.org.closePort()
    expect(await check()).toMatchObject({ outcome: 'unclear', why: 'silence' })
  })

  it.each(['pushed', 'yanked'] as const)('is not listened to for longer than 2 s (%s)', async (kind) => {
    const outbound = silence(stage)
    expect(await check({ kind, client: { outbound } })).toMatchObject({ outcome: 'unclear', why: 'silence' })
    expect(stage.time).toBe(start + 2_000)
    expect(outbound.asked.map(({ timeoutMs }) => timeoutMs)).toEqual([2_000])
  })
})

it('ends after 2 s when only the second question is not answered', async () => {
  const asked: (number | undefined)[] = []
  const outbound: Pick<Outbound, 'request'> = {
    async request({ timeoutMs }) {
      asked.push(timeoutMs)
      if (asked.length > 1)
        return silence(stage).request({ url: '', method: 'GET', timeoutMs: timeoutMs ?? 0 })
      stage.time += 1_500
      const body = Buffer.from('This version could not be found.')
      return ok({ status: 404, headers: { 'content-type': 'text/plain' }, body, truncated: false })
    },
  }
  expect(await check({ client: { outbound } })).toEqual(eitherOr)
  expect(asked).toEqual([2_000, 500])
})

it('is not asked what this client has no time to ask', async () => {
  const client = stage.client({ sleep: async () => {} })
  const claims = { known: () => undefined, isNumberLive: () => false }
  const parts = { claims, rubygems: client, now: () => stage.time }
  const state = {
    eventId: 1,
    kind: 'pushed',
    checkAt: start,
    checks: 0,
    doubt: null,
    contradictedAt: null,
    agreedAt: null,
    heardAt: start,
  } as const
  const claim = { ...state, gemName: 'demo', number: '1.0', platform: 'ruby', receivedAt: start }
  const asked = Array.from({ length: 40 }, () => checkClaim({ ...claim, payload: payloadOf() }, parts))
  const said = await Promise.all(asked)
  const left = said.filter((one) => one.outcome === 'unclear')
  expect(left.length).toBeGreaterThan(0)
  expect(left.every(({ why }) => why === 'own_pace')).toBe(true)
})
