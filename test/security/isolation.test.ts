import { createHash } from 'node:crypto'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addKeys } from '../../src/cli/keys.js'
import { authenticate } from '../../src/manage/authenticate.js'
import { hashKey } from '../../src/secret.js'
import { runCommand } from '../cli/run-command.js'
import { startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { openTempLedger, outcomeOf, testTime } from '../helpers/temp-ledger.js'
import { until } from '../helpers/wait.js'
import { key, openStage, otherKey, type Stage, type WireAnswer } from '../manage/stage.js'
import { readableApiPaths, readablePages } from './readable-paths.js'

/** What one of two accounts does, or the world: a release comes out, and every delivery is tried. */
type Step =
  | { who: 'we' | 'they'; does: 'create' | 'remove' | 'fire'; gemName: string; url: string }
  | { who: 'we' | 'they'; does: 'list'; format: string }
  | { who: 'world' }

const who = fc.constantFrom('we' as const, 'they' as const)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      who,
      does: fc.constantFrom('create', 'create', 'remove', 'fire'),
      gemName: fc.constantFrom('rails', '*', 'gemcutter', 'no-such-gem'),
      url: fc.constantFrom(
        'http://127.0.0.1:1025/a',
        'http://127.0.0.1:1025/b',
        'http://x.example.com/',
        'nothing',
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      who,
      does: fc.constant('list' as const),
      format: fc.constantFrom('json', 'yaml'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ who: 'world' as const }) },
)

describe('an account', () => {
  let shared: Stage
  let alone: Stage
  let runs = 0
  beforeAll(async () => {
    ;[shared, alone] = await Promise.all([openStage(), openStage()])
  })
  afterAll(() => Promise.all([shared.close(), alone.close()]))

  it('gets the same answers whatever another one does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
        runs += 1
        const keys = { we: `key of ours ${runs}`, they: `key of theirs ${runs}` }
        for (const stage of [shared, alone])
          for (const name of ['we', 'they'] as const) addAccount(stage, `${name} ${runs}`, keys[name])
        for (const one of [...steps, { who: 'we', does: 'list', format: 'json' } as const]) {
          if (one.who === 'world') {
            release(shared)
            release(alone)
          } else if (one.who === 'they') await act(shared, one, keys.they)
          else expect(await act(shared, one, keys.we)).toEqual(await act(alone, one, keys.we))
        }
      }),
      { numRuns: 15 },
    )
  })

  function addAccount({ temp }: Stage, name: string, text: string): void {
    const key = { name, hash: hashKey(text), sealed: text }
    temp.ledger.accounts.addKey(temp.account(name), key, testTime)
  }

  let releases = 0
  /** What we are sent arrives; what they are sent is lost, and their endpoints say that they are gone. */
  function release({ temp }: Stage): void {
    releases += 1
    temp.arrive({ name: 'rails', version: `1.${releases}` })
    temp.fanOut()
    const ours = new Set(
      temp
        .query<{ id: number }>(
          `SELECT e.id FROM endpoints AS e JOIN accounts AS a ON a.id = account_id WHERE a.name LIKE 'we %'`,
        )
        .map(({ id }) => id),
    )
    const gone = { verdict: 'dead', statusCode: 410, error: 'gone', endpointGone: true } as const
    const failed = { verdict: 'retry', statusCode: 500, error: 'broken' } as const
    const outcomes = temp
      .due()
      .map((lease) =>
        outcomeOf(lease, ours.has(lease.endpointId) ? (releases % 3 === 0 ? failed : {}) : gone),
      )
    temp.ledger.outcomes.record(outcomes, testTime, testTime)
  }
})

function act(stage: Stage, one: Exclude<Step, { who: 'world' }>, key: string): Promise<WireAnswer> {
  if (one.does === 'list') return stage.call('GET', `/api/v1/web_hooks.${one.format}`, { key })
  const { does, gemName, url } = one
  const query = new URLSearchParams({ gem_name: gemName, url })
  if (does === 'remove') return stage.call('DELETE', `/api/v1/web_hooks/remove?${query}`, { key })
  return stage.call('POST', `/api/v1/web_hooks${does === 'fire' ? '/fire' : ''}?${query}`, { key })
}

describe('the JSON API, the pages and the feeds', () => {
  let server: TestGemherald
  let sink: HttpSink
  const now = () => testTime
  beforeAll(async () => {
    sink = await startHttpSink()
    sink.answer(({ path }) => ({ status: path.startsWith('/gone') ? 410 : 200, body: 'ours' }))
    server = await startGemherald({ now, elapsed: () => performance.now() })
  })
  afterAll(() => Promise.all([server.remove(), sink.close()]))

  it('answer an account the same before and after another one has come, also what is the other’s', async () => {
    const ours = await accountWith('ours', 'ok')
    await server.pushRelease('rails', '8.1.3')
    await settled(4)
    await fire(ours.key, 'inbox:ours')
    const { cookie } = ours
    const redelivery = await startRedelivery(ours.key)
    await settled(4)
    const fillings = { inboxes: ['ours', 'theirs'], gem: 'rails', version: '8.1.3' }
    const look = async () => {
      const ids = [...Array.from({ length: 12 }, (_, index) => index + 1), redelivery]
      const seen = new Map<string, string>()
      for (const path of readableApiPaths({ ...fillings, ids }))
        seen.set(path, await read(path, { headers: { authorization: ours.key } }))
      for (const path of readablePages({ ...fillings, ids }))
        seen.set(path, await read(path, { headers: { cookie } }))
      for (const path of changesOf(12))
        seen.set(path, await read(path, { method: 'POST', headers: { authorization: ours.key } }))
      return seen
    }
    const before = await look()
    // What is asked for is there, is the operator's alone, or is nobody's yet; a redelivery's id is no endpoint's.
    const statuses = new Set([...before.values()].map((answer) => answer.slice(0, 3)))
    expect([...statuses].sort()).toEqual(['200', '400', '403', '404'])

    const theirs = await accountWith('theirs', 'gone')
    copyDeliveries()
    await fire(theirs.key, 'inbox:theirs')
    const other = await startRedelivery(theirs.key)
    await settled(8)
    expect(count('SELECT count(*) FROM deliveries WHERE account_id = (SELECT max(id) FROM accounts)')).toBe(4)

    const after = await look()
    const differing = [...after].filter(([path, answer]) => answer !== before.get(path))
    expect(differing.map(([path, answer]) => [path, answer, before.get(path)])).toEqual([])
    const headers = { authorization: ours.key }
    const asked = (id: string) => read(`/api/v1/redeliveries/${id}.json`, { headers })
    expect(await asked(other)).toBe(await asked('no-such-redelivery'))
  })

  /** Such changes of what has a higher id than anything of ours. */
  function changesOf(id: number): string[] {
    return [`deliveries/${id}/redeliver`, `endpoints/${id}/enable`, `endpoints/${id}/disable`]
      .flatMap((path) => [path, path.replace(String(id), '7')])
      .map((path) => `/api/v1/${path}.json`)
  }

  async function accountWith(name: string, path: string): Promise<{ key: string; cookie: string }> {
    const { stdout } = await runCommand(addKeys, ['keys', 'create', name, '--json'], {
      DATA_DIR: server.dataDir,
    })
    const { key } = JSON.parse(stdout)
    for (const [gem, url] of [
      ['rails', `${sink.url}/${path}/1`],
      ['*', `${sink.url}/${path}/2`],
      ['rails', `${sink.url}/gone/3`],
      ['*', `inbox:${name}`],
    ] as const)
      expect(
        await read('/api/v1/web_hooks', {
          method: 'POST',
          headers: { authorization: key },
          body: new URLSearchParams({ gem_name: gem, url }),
        }),
      ).toMatch(/^201/)
    const body = new URLSearchParams({ key })
    const signedIn = await fetch(`${server.url}/sign-in`, { method: 'POST', body, redirect: 'manual' })
    return { key, cookie: signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
  }

  async function fire(key: string, url: string): Promise<void> {
    const body = new URLSearchParams({ gem_name: 'rails', url })
    const answer = await read('/api/v1/fire.json', { method: 'POST', headers: { authorization: key }, body })
    expect(answer).toMatch(/^200/)
  }

  async function startRedelivery(key: string): Promise<string> {
    const headers = { authorization: key }
    const answer = await fetch(`${server.url}/api/v1/redeliveries.json`, { method: 'POST', headers })
    return ((await answer.json()) as { id: string }).id
  }

  /** The events are everybody's: the other account gets deliveries of ours as if it had been there. */
  function copyDeliveries(): void {
    const ledger = new Sqlite(join(server.dataDir, 'ledger.db'))
    ledger.exec(`
      INSERT INTO deliveries (event_id, endpoint_id, account_id, channel, state, stage, due_at, attempts, created_at)
        SELECT (SELECT min(id) FROM events), id, account_id, channel, 'pending', 'due', 0, 0, ${testTime} FROM endpoints
        WHERE account_id = (SELECT max(id) FROM accounts);
      INSERT INTO latencies (account_id, day, bucket, count)
        SELECT (SELECT max(id) FROM accounts), day, bucket + 3, 5 FROM latencies`)
    ledger.close()
    server.wake()
  }

  const settled = (deliveries: number) =>
    until(`${deliveries} deliveries are made`, () => {
      return count('SELECT count(*) FROM deliveries WHERE stage IS NULL AND attempts > 0') === deliveries
    })

  function count(sql: string): number {
    const ledger = new Sqlite(join(server.dataDir, 'ledger.db'), { readonly: true })
    const found = Number(ledger.prepare(sql).pluck().get())
    ledger.close()
    return found
  }

  async function read(path: string, init: RequestInit): Promise<string> {
    const answer = await fetch(server.url + path, { redirect: 'manual', ...init })
    // Previews make up an id, and sign with it.
    const text = (await answer.text()).replace(/msg_fire_[0-9a-f]{32}|v1,[\w+/=]{44}/g, '')
    return `${answer.status} ${answer.headers.get('location')} ${text}`
  }
})

describe('firing at another account’s endpoint', () => {
  let api: Stage
  let sink: HttpSink
  beforeAll(async () => {
    ;[api, sink] = await Promise.all([openStage(), startHttpSink()])
  })
  afterAll(() => Promise.all([api.close(), sink.close()]))

  it('proves who fired, and not whose endpoint it is', async () => {
    const hook = { gem_name: 'rails', url: `${sink.url}/theirs` }
    expect((await api.post('/api/v1/web_hooks', hook, key)).status).toBe(201)
    expect((await api.post('/api/v1/web_hooks/fire', hook, otherKey)).status).toBe(200)
    const [request] = await sink.waitFor(1)
    const { name, version } = JSON.parse(String(request?.body))
    const proof = (secret: string) => createHash('sha256').update(`${name}${version}${secret}`).digest('hex')
    expect(request?.headers.authorization).toBe(proof(otherKey))
    expect(request?.headers.authorization).not.toBe(proof(key))
    expect((await api.call('GET', '/api/v1/web_hooks.json')).body).toContain('"failure_count":0')
  })
})

describe('asking for a gem that another account asked for', () => {
  let api: Stage
  beforeAll(async () => {
    api = await openStage()
  })
  afterAll(() => api.close())

  it('takes the same way to the upstream', async () => {
    for (const [useKey, questions] of [
      [key, 1],
      [key, 1],
      [otherKey, 2],
      [otherKey, 2],
    ] as const) {
      await api.post('/api/v1/web_hooks', { gem_name: 'rails', url: 'http://example.com/' }, useKey)
      expect(api.upstream.asked).toHaveLength(questions)
    }
  })
})

describe('looking up a key', () => {
  it.each([
    ['a valid key', key],
    ['an unknown one', 'gh_unknown'],
    ['one that begins like a valid one', key.slice(0, -1)],
    ['a valid key with something behind it', `${key} `],
    ['the hash of a valid key', hashKey(key)],
    ['a wildcard', '%'],
    ['SQL', `' OR 1=1 --`],
    ['none', undefined],
    ['a huge one', 'x'.repeat(10_000)],
  ])('asks for the SHA-256 of %s, once, and for nothing else', (_title, authorization) => {
    const asked: string[] = []
    const accounts = {
      byKeyHash(hash: string) {
        asked.push(hash)
        return hash === hashKey(key) ? 1 : undefined
      },
    }
    const request = { headers: { authorization } } as Parameters<typeof authenticate>[0]
    const caller = authenticate(request, accounts, testTime)
    expect(asked).toEqual([
      createHash('sha256')
        .update(authorization ?? '')
        .digest('hex'),
    ])
    expect(caller).toEqual(authorization === key ? { accountId: 1, keyHash: hashKey(key) } : undefined)
  })

  // How far two hashes agree tells nothing about a key, and an index finds one hash as it misses another.
  it('compares hashes only, by an index', () => {
    const temp = openTempLedger()
    const [plan] = temp.query<{ detail: string }>(
      'EXPLAIN QUERY PLAN SELECT account_id FROM api_keys WHERE hash = ?',
      hashKey(key),
    )
    temp.ledger.accounts.addKey(temp.account(), { name: 'x', hash: hashKey(key), sealed: 's' }, testTime)
    const columns = JSON.stringify(temp.query('SELECT * FROM api_keys'))
    temp.remove()
    expect(plan?.detail).toMatch(/SEARCH api_keys USING INDEX \S+ \(hash=\?\)/)
    expect(columns).not.toContain(key)
  })
})
