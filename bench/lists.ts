import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crowdedEvent, crowdedRelease, deadAccount, fillLedger } from './crowd.js'
import { type Program, serverFile, startProgram } from './programs.js'
import { median, type Row } from './table.js'
import { apiKey, rubygemsKey } from './webhooks.js'

const wantedMs = 50
const runs = 5
const dayMs = 86_400_000

/** How long a server takes to answer with a page of each list when a million deliveries are in its ledger. */
export async function benchLists(): Promise<Row[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gemherald-bench-'))
  try {
    fillLedger(dataDir)
    const server = await startProgram(serverFile, ['serve'], {
      DATA_DIR: dataDir,
      GEMHERALD_API_KEY: apiKey,
      RUBYGEMS_API_KEYS: rubygemsKey,
    })
    try {
      return await measure(server)
    } finally {
      await server.stop()
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function measure(server: Program): Promise<Row[]> {
  const own = await visitorOf(server, apiKey)
  const dead = await visitorOf(server, keyOf(deadAccount, server))
  const rows: Row[] = []
  for (const [what, paths] of lists()) rows.push(await row(what, own, paths))
  rows.push(await row('dead letters, 306,000 of an account', dead, deadLists()))
  return rows
}

/** What people and programs look at, each with the pages that it is asked for. */
function lists(): [what: string, paths: string[]][] {
  const searches = ['search=gem-1', 'search=777', 'search=nothing', 'search=e']
  const kinds = ['kind=yanked', 'kind=restored', 'kind=pushed']
  const states = ['pending', 'succeeded', 'dead', 'cancelled'].map((state) => `state=${state}`)
  const releases = (queries: string[]) => [
    ...pages('/', queries),
    ...pages('/api/v1/releases.json', queries),
    ...pages('/api/v1/events.json', queries),
  ]
  const deliveries = (...queries: string[]) => pages('/api/v1/deliveries.json', queries)
  const hooksFound = ['search=99999', 'search=nothing', 'search=gem-7', 'search=e']
  const times = [`until=${daysAgo(15)}`, `since=${daysAgo(16)}&until=${daysAgo(15)}`, `since=${daysAgo(-1)}`]
  return [
    ['releases', [...releases(['']), ...pages('/', ['before=4501', 'before=3'])]],
    ['releases, searched', releases(searches)],
    ['releases, by kind and by state', releases([...kinds, ...states, 'search=7&kind=yanked&state=dead'])],
    [
      'a release with 100,000 deliveries',
      [...pages(crowdedRelease, ['', ...states]), `/api/v1/events/${crowdedEvent}.json`],
    ],
    [
      'hooks, 100,000 by endpoint',
      [
        ...pages('/hooks', ['', 'gem=gem-7', 'gem=*', 'after=50000']),
        ...pages('/api/v1/endpoints.json', ['', 'gem=*']),
      ],
    ],
    [
      'hooks, 100,000 by gem',
      [...pages('/hooks', ['by=gem', 'by=gem&gem=*', 'by=gem&after=gem-7']), '/api/v1/hooks.json?limit=200'],
    ],
    [
      'hooks, 100,000 searched',
      [
        ...pages('/hooks', [...hooksFound, ...hooksFound.map((query) => `by=gem&${query}`)]),
        ...pages('/api/v1/endpoints.json', hooksFound),
        ...pages('/api/v1/hooks.json', hooksFound),
      ],
    ],
    ['an endpoint', [...pages('/endpoints/1', ['', ...states]), '/api/v1/endpoints/1.json']],
    ['dead letters', deadLists()],
    ['deliveries', deliveries('', 'limit=200')],
    ['deliveries, by state', deliveries(...states)],
    ['deliveries, by endpoint', deliveries('endpoint=1', 'endpoint=1&state=dead', 'endpoint=50000')],
    [
      'deliveries, by event',
      deliveries(`event=${crowdedEvent}`, `event=${crowdedEvent}&state=dead`, 'event=5'),
    ],
    [
      'deliveries, by time',
      deliveries(...times, ...times.flatMap((time) => [`endpoint=1&${time}`, `state=succeeded&${time}`])),
    ],
    [
      '600 inboxes of 500',
      [
        ...pages('/inbox', ['', 'after=inbox-5']),
        '/inbox/inbox-7',
        ...pages('/api/v1/inboxes.json', ['', 'limit=200']),
      ],
    ],
    ['statistics', ['/api/v1/statistics.json']],
  ]
}

function deadLists(): string[] {
  const [from, to] = [daysAgo(16), daysAgo(15)].map((time) => time.slice(0, 16))
  return [
    ...pages('/dead', [
      '',
      'endpoint=1',
      'endpoint=61',
      'after=90',
      `since=${from}`,
      `until=${to}`,
      `since=${from}&until=${to}`,
    ]),
    '/dead?since=1990-01-01T00:00&until=1990-01-02T00:00',
    `/dead?since=${daysAgo(-1).slice(0, 16)}`,
    ...pages('/api/v1/dead.json', ['', 'limit=200']),
  ]
}

function pages(path: string, queries: string[]): string[] {
  return queries.map((query) => (query === '' ? path : `${path}?${query}`))
}

function daysAgo(days: number): string {
  return new Date(Date.now() - days * dayMs).toISOString()
}

/** Somebody who is signed in and has an API key. */
interface Visitor {
  url: string
  headers: Record<string, string>
}

async function visitorOf({ url }: Program, key: string): Promise<Visitor> {
  const answer = await fetch(`${url}/sign-in`, {
    method: 'POST',
    body: new URLSearchParams({ key, to: '/' }),
    redirect: 'manual',
  })
  const [cookie = ''] = answer.headers.get('set-cookie')?.split(';') ?? []
  if (cookie === '') throw new Error(`Nobody is signed in: ${answer.status}`)
  return { url, headers: { authorization: key, cookie } }
}

function keyOf(account: string, { dataDir }: Program): string {
  const env = { ...process.env, DATA_DIR: dataDir, LOG_LEVEL: 'error' }
  return execFileSync(process.execPath, [serverFile, 'keys', 'create', account], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}

/** The slowest of the pages, each in the median of its runs. */
async function row(what: string, visitor: Visitor, paths: string[]): Promise<Row> {
  let slowest = { path: '', ms: 0 }
  for (const path of paths) {
    const times: number[] = []
    for (let run = 0; run < runs; run += 1) times.push(await timed(visitor, path))
    const ms = median(times)
    if (ms > slowest.ms) slowest = { path, ms }
  }
  if (slowest.ms > wantedMs) console.error(`  ${slowest.ms.toFixed(1)} ms: ${slowest.path}`)
  return {
    what: `${what}, slowest page`,
    ours: `${slowest.ms.toFixed(1)} ms`,
    baseline: `${wantedMs} ms wanted`,
    // What it may take against what it takes.
    ratio: wantedMs / slowest.ms,
    wanted: 1,
  }
}

async function timed({ url, headers }: Visitor, path: string): Promise<number> {
  const begun = performance.now()
  const answer = await fetch(`${url}${path}`, { headers, redirect: 'manual' })
  const text = await answer.text()
  const ms = performance.now() - begun
  if (answer.status !== 200)
    throw new Error(`GET ${path} was answered ${answer.status}: ${text.slice(0, 300)}`)
  return ms
}
