import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fail, ok, type Result } from '../../src/error.js'
import { failure } from '../../src/rubygems/result.js'
import type { SyncReport } from '../../src/upstream/sync.js'
import type { Sync } from '../../src/web/setup-parts.js'
import { testTime } from '../helpers/temp-ledger.js'
import { gaveUp, key, openStage, otherKey, proofOf, rowsOf, type Stage } from './stage.js'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => stage.close())

describe('a preview', () => {
  it('shows what each channel makes of the newest release', async () => {
    const { status, body } = await stage.get('/api/v1/previews.json?gem_name=rails&kind=yanked')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      webhook: { body: expect.stringContaining('"name":"rails"') },
      slack: { blocks: expect.any(Array) },
      email: { subject: expect.stringContaining('rails 8.0.0 yanked') },
    })
  })

  it.each([
    ['gem_name=unknown-gem', 404],
    ['gem_name=rails&kind=restored', 400],
    ['gem_name=rails&channel=fax', 400],
  ])('is refused: %s', async (query, status) => {
    expect((await stage.get(`/api/v1/previews.json?${query}`)).status).toBe(status)
  })
})

describe('a test fire', () => {
  it('shows the exact message beside the answer, and an inbox keeps it', async () => {
    const { status, body } = await stage.post('/api/v1/fire.json', { gem_name: 'rails', url: 'inbox:demo' })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      gem_name: 'rails',
      number: '8.0.0',
      kind: 'pushed',
      origin: 'fire',
      channel: 'inbox',
      verdict: 'succeeded',
      response: 'Kept in inbox:demo.',
      error: null,
      message: { webhook: { body: expect.stringContaining('"version":"8.0.0"') } },
    })
    const inbox = await stage.get('/api/v1/inboxes/demo.json')
    expect(rowsOf(inbox, 'messages')).toMatchObject([{ message_id: body.message_id, delivery_id: null }])
  })

  it('tells what went wrong at the far side', async () => {
    const url = 'http://127.0.0.1:1025/'
    const { status, body } = await stage.post('/api/v1/fire.json', { gem_name: 'rails', url })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      channel: 'webhook',
      verdict: 'retry',
      status: null,
      error: expect.any(String),
    })
  })

  it.each<[status: number, parameters: Record<string, string>]>([
    [404, { gem_name: 'unknown-gem', url: 'inbox:demo' }],
    [400, { gem_name: 'rails' }],
    [400, { gem_name: 'rails', url: 'inbox:demo', channel: 'email' }],
    [403, { gem_name: 'rails', url: 'http://169.254.169.254/' }],
    [503, { gem_name: 'rails', url: 'mailto:team@example.com' }],
  ])('is refused with %d: %j', async (status, parameters) => {
    const told = await stage.post('/api/v1/fire.json', parameters)
    expect(told.status, JSON.stringify(told.body)).toBe(status)
    expect(told.body.error).toMatch(/\w/)
  })

  it('is let through 60 times a minute', async () => {
    const call = () => stage.call('POST', '/api/v1/fire.json', { body: '' })
    const answers = await Promise.all(Array.from({ length: 61 }, call))
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(1)
  })
})

describe('an inbox', () => {
  it('is listed once a hook leads to it, or something is in it', async () => {
    stage.temp.hook({ url: 'inbox:empty', channel: 'inbox' })
    stage.keep('full')
    stage.keep('others', { id: 'msg_other' }, 'second')
    const { body } = await stage.get('/api/v1/inboxes.json')
    expect(body).toEqual({
      inboxes: [
        { name: 'empty', count: 0, last_at: null },
        { name: 'full', count: 1, last_at: '2026-09-01T12:00:00.000Z' },
      ],
      next: null,
    })
    const first = (await stage.get('/api/v1/inboxes.json?limit=1')).body
    expect(rowsOf(await stage.get(`/api/v1/inboxes.json?limit=1&cursor=${first.next}`), 'inboxes')).toEqual([
      expect.objectContaining({ name: 'full' }),
    ])
    expect(rowsOf(await stage.get('/api/v1/inboxes/empty.json'), 'messages')).toEqual([])
  })

  it('shows its messages as each channel would send them', async () => {
    stage.keep('demo')
    const [row] = rowsOf<{ id: number }>(await stage.get('/api/v1/inboxes/demo.json'), 'messages')
    const { body } = await stage.get(`/api/v1/inboxes/demo/${row?.id}.json`)
    expect(body).toMatchObject({
      gem_name: 'rails',
      number: '8.1.3',
      origin: 'event',
      preview: { email: { subject: expect.stringContaining('rails 8.1.3 released') } },
    })
    expect(JSON.stringify(body)).not.toContain(key)
  })

  it('of another account is not even there', async () => {
    stage.keep('demo')
    const paths = ['/api/v1/inboxes/demo.json', '/api/v1/inboxes/demo/1.json']
    for (const path of [...paths, '/api/v1/inboxes/none.json', '/api/v1/inboxes/..%2fdemo.json'])
      expect((await stage.get(path, otherKey)).status, path).toBe(404)
    expect((await stage.get('/api/v1/inboxes/other/1.json')).status).toBe(404)
  })
})

describe('verifying a header', () => {
  it('says which secret made it', async () => {
    const told = await stage.post('/api/v1/verify.json', {
      name: 'rails',
      version: '8.0.0',
      authorization: proofOf('rails', '8.0.0'),
    })
    expect(told).toMatchObject({
      status: 200,
      body: { valid: true, made_with: { secret: 'RUBYGEMS_API_KEYS[1]', derivation: 'SHA-256 of it' } },
    })
  })

  it('says what is wrong, with the versions that are known', async () => {
    stage.release('rails', '7.2.0')
    const { body } = await stage.post('/api/v1/verify.json', {
      name: 'rails',
      version: '8.0.0',
      authorization: proofOf('rails', '7.2.0'),
    })
    expect(body).toMatchObject({ valid: false, reasons: [{ finding: expect.stringContaining('7.2.0') }] })
    expect(body.sentences).toHaveLength(3)
  })

  it.each<[status: number, parameters: Record<string, string>]>([
    [200, { name: 'rails', version: '8.0.0' }],
    [400, { name: '..', version: '8.0.0' }],
    [400, { name: 'rails', version: 'eight' }],
    [400, { name: '8.0.0', version: 'rails' }],
    [400, { name: 'rails' }],
  ])('%d for %j', async (status, parameters) => {
    expect((await stage.post('/api/v1/verify.json', parameters)).status).toBe(status)
  })
})

describe('only the account default', () => {
  it.each([
    ['POST', '/api/v1/verify.json'],
    ['GET', '/api/v1/upstream/plan.json'],
    ['POST', '/api/v1/upstream/sync.json'],
    ['GET', '/api/v1/upstream/sync.json'],
  ])('may %s %s', async (method, path) => {
    const answer = await stage.call(method, path, { key: otherKey })
    expect(answer.status).toBe(403)
    expect(JSON.parse(answer.body).error).toContain('account default')
  })

  it('sees how the installation is set up, and never a secret', async () => {
    const own = await stage.get('/api/v1/status.json')
    const others = await stage.get('/api/v1/status.json', otherKey)
    expect(own.body.setup).toMatchObject({
      receiver_url: expect.stringContaining('/webhooks/rubygems/the-receiver-token'),
      secrets: ['RUBYGEMS_API_KEYS[1]'],
      missing_mail: 'SMTP_URL and MAIL_FROM',
    })
    expect(others.body.setup).toBeNull()
    expect(JSON.stringify(others.body)).not.toContain('the-receiver-token')
    // Which names gems that others have hooks on.
    expect(own.body.warnings).toContain('Webhooks fell silent.')
    expect(others.body.warnings).toEqual(['Redis evicts.'])
    expect(JSON.stringify(own.body)).not.toContain(stage.parts.setup.secrets[0]?.text)
  })
})

describe('status, statistics and workers', () => {
  it('tell which hooks there are at the upstream, and how far all was seen', async () => {
    const { upstreams } = stage.temp.ledger
    const host = 'https://rubygems.org'
    const url = stage.parts.setup.receiverUrl() ?? ''
    const earlier = { gemName: 'rails', url: 'https://old.example/canary', failureCount: 0 }
    const seenAt = testTime - 3_600_000
    for (const failureCount of [1, 2])
      upstreams.sawHooks(host, [{ gemName: '*', url, failureCount }, earlier], seenAt)
    upstreams.begin(host, seenAt)
    upstreams.completed(host, { until: seenAt, publishedAt: null }, testTime)
    const { body } = await stage.get('/api/v1/status.json')
    const at = '2026-09-01T11:00:00.000Z'
    const hook = { gem_name: '*', leads_to: 'receiver', failure_count: 2, failures_rising: true }
    const old = { gem_name: 'rails', leads_to: 'earlier_url', failure_count: 0, failures_rising: false }
    expect(body).toMatchObject({
      complete_until: at,
      last_complete_window_at: '2026-09-01T12:00:00.000Z',
      setup: {
        node_version: process.versions.node,
        upstream_hooks: [
          { ...hook, risen_at: at, last_seen_at: at },
          { ...old, risen_at: null, last_seen_at: at },
        ],
      },
    })
    expect(JSON.stringify(body)).not.toContain('canary')
  })

  it('tell how the installation fares', async () => {
    stage.release('rails', '8.0.0')
    const { body } = await stage.get('/api/v1/status.json')
    expect(body).toMatchObject({
      version: '0.1.0',
      ready: true,
      problems: [],
      warnings: ['Redis evicts.', 'Webhooks fell silent.'],
      events: { webhook: 1, catch_up: 0, both: 0 },
      deliveries_pending: 0,
      wanted: { all: false, gems: 0 },
    })
    // What others want is nobody's business.
    expect((await stage.get('/api/v1/status.json', otherKey)).body).toMatchObject({
      wanted: null,
      setup: null,
    })
  })

  it('tell what happened each day', async () => {
    stage.temp.hook()
    stage.release('rails', '8.0.0')
    stage.release('rails', '7.0.0', { yanked: true })
    stage.attempt()
    const { body } = await stage.get('/api/v1/statistics.json')
    expect(body.releases).toEqual([{ day: '2026-09-01', pushed: 1, yanked: 1 }])
    expect(body.latency).toMatchObject([{ day: '2026-09-01', count: 2, p50_ms: expect.any(Number) }])
    const others = await stage.get('/api/v1/statistics.json?days=1', otherKey)
    expect(others.body).toMatchObject({ releases: body.releases, latency: [] })
  })

  it('tell which workers there are, unless Redis cannot be asked', async () => {
    const told = await stage.get('/api/v1/workers.json')
    expect((await stage.get('/api/v1/workers.json', otherKey)).status).toBe(403)
    expect(rowsOf(told, 'workers')).toMatchObject([{ id: 'w1', channels: ['webhook', 'slack'] }])
    stage.parts.transport = { ...stage.parts.transport, workers: async () => null }
    expect((await stage.get('/api/v1/workers.json')).status).toBe(503)
  })
})

describe('the upstream', () => {
  const change = { action: 'add' as const, gemName: 'rails', url: 'https://herald.example/secret-token' }

  it('is planned for by name, without the URLs', async () => {
    const { body } = await stage.get('/api/v1/upstream/plan.json')
    expect(body).toEqual({ add: ['rails'], remove: ['rake'], remove_earlier: ['*'], unchanged: [] })
  })

  /** Syncs end with this, once it is there. */
  const syncWith = (work: () => Promise<Result<SyncReport>>) => {
    let last: Sync | null = null
    stage.parts.setup = {
      ...stage.parts.setup,
      async apply() {
        const begun: Sync = { startedAt: testTime, behind: 1, all: 3, result: null }
        last = begun
        begun.result = await work()
        return begun.result
      },
      lastSync: () => last,
    }
  }
  const begun = { begun_at: '2026-09-01T12:00:00.000Z', total: 3 }
  const nothing = { done: [], failed: [], left: [] }

  it('is brought in step, and what was not done is told', async () => {
    const { problem } = failure('unavailable', 'It was silent.')
    syncWith(async () =>
      ok({
        done: [{ ...change, text: 'Successfully created' }],
        failed: [{ ...change, gemName: 'rake', problem }],
        left: [{ ...change, action: 'remove' as const }],
      }),
    )
    const told = await stage.post('/api/v1/upstream/sync.json')
    expect(told).toEqual({
      status: 202,
      body: {
        ...begun,
        state: 'finished',
        tried: 2,
        done: [{ action: 'add', gem_name: 'rails' }],
        failed: [{ action: 'add', gem_name: 'rake', error: 'It was silent.' }],
        left: [{ action: 'remove', gem_name: 'rails' }],
        error: null,
      },
    })
    expect(await stage.get('/api/v1/upstream/sync.json')).toEqual({ ...told, status: 200 })
  })

  it('never tells the receiver token, which the upstream may repeat', async () => {
    const problem = { ...failure('invalid', 'No.').problem, status: 422, text: `${change.url} is bad` }
    syncWith(async () => ok({ done: [], failed: [{ ...change, problem }], left: [] }))
    const { body } = await stage.post('/api/v1/upstream/sync.json')
    expect(body.failed).toMatchObject([{ error: 'rubygems.org answered 422: the receiver is bad' }])
  })

  it('may take its time, and is looked after meanwhile', async () => {
    let end: (result: Result<SyncReport>) => void = () => {}
    const result = new Promise<Result<SyncReport>>((resolve) => {
      end = resolve
    })
    syncWith(() => result)
    const running = { ...begun, state: 'running', tried: 1, ...nothing, error: null }
    expect(await stage.post('/api/v1/upstream/sync.json')).toEqual({ status: 202, body: running })
    expect(await stage.get('/api/v1/upstream/sync.json')).toEqual({ status: 200, body: running })
    end(fail('unavailable', 'It was silent.'))
    await result
    const { body } = await stage.get('/api/v1/upstream/sync.json')
    expect(body).toEqual({ ...running, state: 'failed', error: 'It was silent.' })
  })

  it('is told of as broken off when gemherald itself fails', async () => {
    syncWith(async () => {
      throw new Error('surprise')
    })
    const { status, body } = await stage.post('/api/v1/upstream/sync.json')
    expect([status, body.error]).toEqual([503, expect.stringContaining('The log says why.')])
  })

  it('was not synced yet', async () => {
    expect((await stage.get('/api/v1/upstream/sync.json')).status).toBe(404)
  })

  it('is synced once at a time', async () => {
    expect((await stage.post('/api/v1/upstream/sync.json')).status).toBe(409)
  })

  it('is synced and looked at under one path, and nothing else', async () => {
    const answer = await stage.call('DELETE', '/api/v1/upstream/sync.json')
    expect(answer).toMatchObject({ status: 405, headers: { Allow: 'GET, HEAD, POST' } })
  })

  it.each([
    ['conflict', 409],
    ['invalid', 409],
    // The caller's own key is good.
    ['unauthorized', 503],
    ['unavailable', 503],
    ['throttled', 503],
  ] as const)('%s becomes %d', async (code, status) => {
    stage.parts.setup = { ...stage.parts.setup, plan: async () => fail(code, 'It cannot be.') }
    const told = await stage.get('/api/v1/upstream/plan.json')
    expect(told).toEqual({ status, body: { error: 'It cannot be.' } })
  })
})

it('counts what was given up as no latency', async () => {
  stage.temp.hook()
  stage.release('rails', '8.0.0')
  stage.attempt(gaveUp)
  expect((await stage.get('/api/v1/statistics.json')).body.latency).toEqual([])
})
