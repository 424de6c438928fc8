import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addBackup } from '../../src/cli/backup.js'
import { addCatchUp } from '../../src/cli/catch-up.js'
import { addHooks } from '../../src/cli/hooks.js'
import { addKeys } from '../../src/cli/keys.js'
import { addSignIn } from '../../src/cli/sign-in.js'
import { addStatus } from '../../src/cli/status.js'
import { addUpstream } from '../../src/cli/upstream.js'
import { addVerify } from '../../src/cli/verify.js'
import { carriedChannels } from '../../src/endpoint.js'
import { unsubscribeUrl } from '../../src/manage/unsubscribe.js'
import { createSigner } from '../../src/secret.js'
import { runCommand } from '../cli/run-command.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { type GemheraldProcess, runGemherald, runServer, temporaryFolder } from '../helpers/process.js'
import { redisHalf } from '../helpers/redis-server.js'
import { type RubygemsOrg, startRubygemsOrg } from '../helpers/rubygems-org.js'
import { type SmtpSink, startSmtpSink } from '../helpers/smtp-sink.js'
import { until } from '../helpers/wait.js'
import { authorizationFor, payloadOf } from '../helpers/webhooks.js'
import { type Canary, canary, findCanaries } from './canary.js'
import { readableApiPaths, readablePages } from './readable-paths.js'
import { startWatchedRedis, type WatchedRedis } from './watched-redis.js'

// Every secret that an installation has, and every URL that may hold one.
const rubygems = {
  signing: canary('RUBYGEMS_API_KEYS', 'rubygems_'),
  legacy: canary('RUBYGEMS_API_KEYS (legacy)'),
  managing: canary('RUBYGEMS_API_KEY', 'rubygems_'),
}
const apiKeyA = canary('GEMHERALD_API_KEY', 'gh_')
const strangersKey = canary('a key that nobody has', 'gh_')
const secret = canary('GEMHERALD_SECRET')
const token = canary('GEMHERALD_RECEIVER_TOKEN')
const wrongToken = canary('a wrong receiver token')
const redisPassword = canary('the password in REDIS_URL')
const wrongRedisPassword = canary('a wrong password in REDIS_URL')
const smtpPassword = canary('the password in SMTP_URL')
const wrongSmtpPassword = canary('a wrong password in SMTP_URL')
const otp = canary('a one-time password')

/** Accounts' URLs: in each a canary in its path, in its query and in its userinfo. */
const endpoints = ['ok', 'broken', 'gone', 'moved', 'drops', 'slack', 'slack-dead', 'closed'] as const
type Endpoint = (typeof endpoints)[number]
const inUrl = (account: string) =>
  endpoints.map((name) => ({
    name,
    canaries: ['path', 'query', 'userinfo'].map((part) => canary(`the ${part} of ${account}'s ${name} hook`)),
  }))
const urlsOf = { A: inUrl('A'), B: inUrl('B') }

describe.runIf(redisHalf)('no secret shows', () => {
  let redis: WatchedRedis
  let sink: HttpSink
  let smtp: SmtpSink
  let org: RubygemsOrg
  let server: GemheraldProcess & { url: string }
  const folder = temporaryFolder()
  const printed = new Map<string, string>()
  const answersToA = new Map<string, string>()
  const answersToOthers = new Map<string, string>()
  const stored = new Map<string, Buffer>()
  let apiKeyB: Canary
  let unsubscribeToken: Canary
  let env: Record<string, string>
  /** What opens the page and the inboxes' feeds, and so is told to its account. */
  const doors: Canary[] = []

  beforeAll(async () => {
    ;[redis, sink, smtp, org] = await Promise.all([
      startWatchedRedis(redisPassword.text),
      startHttpSink(),
      startSmtpSink({ login: { user: 'gemherald', password: smtpPassword.text } }),
      startRubygemsOrg(),
    ])
    prepareSink(sink)
    org.push('rails', '8.1.3')
    org.addAccount('us', { keys: [{ text: rubygems.signing.text }, { text: rubygems.managing.text }] })
    // It repeats whatever it is told: keys, one-time passwords, URLs.
    org.fail(({ headers, query, body }) => echo(403, headers, query, body), { on: '/api/v1/web_hooks.json' })
    env = {
      DATA_DIR: folder.path,
      LOG_LEVEL: 'trace',
      RUBYGEMS_HOST: org.url,
      RUBYGEMS_API_KEYS: `${rubygems.signing.text},${rubygems.legacy.text}`,
      RUBYGEMS_API_KEY: rubygems.managing.text,
      GEMHERALD_API_KEY: apiKeyA.text,
      GEMHERALD_SECRET: secret.text,
      GEMHERALD_RECEIVER_TOKEN: token.text,
      REDIS_URL: redis.url,
      SMTP_URL: smtpUrl(smtp, smtpPassword),
      MAIL_FROM: 'gems@example.org',
      CONFIRM: 'prefer',
      RECONCILE: 'on',
      UPSTREAM_SYNC: 'auto',
    }
    await exercise()
  }, 60_000)
  afterAll(async () => {
    await Promise.all([redis.stop(), sink.close(), smtp.close(), org.close()])
    folder.remove()
  })

  const installation = () => [
    ...Object.values(rubygems),
    ...[apiKeyA, apiKeyB, strangersKey, secret, token, wrongToken, otp, unsubscribeToken],
    ...[redisPassword, wrongRedisPassword, smtpPassword, wrongSmtpPassword],
  ]
  const everything = () => [...installation(), ...doors, ...inUrlsOf('A'), ...inUrlsOf('B')]

  it('in a log line, at any level', () => {
    expect(printed.get('the server')).toContain('"level":20')
    expect(findCanaries(printed, everything())).toEqual([])
    expect([...printed.values()].join('\n')).not.toMatch(/\.[jt]s:\d+/)
  })

  it('in an answer to anybody whose secret it is not', () => {
    expect(findCanaries(answersToOthers, [...installation(), ...inUrlsOf('A')])).toEqual([])
    expect(findCanaries(answersToA, [...installation(), ...inUrlsOf('B')])).toEqual([])
  })

  it('in Redis, nor does anything else that can be read', () => {
    const told = new Map([['what Redis was told', redis.commands()]])
    expect(redis.commands()).toContain('jobs-webhook')
    const readable = ['rails', '8.1.4', 'example.org', sink.url].map((text) => ({ name: text, text }))
    expect(findCanaries(told, [...everything(), ...readable])).toEqual([])
    expect(findCanaries(stored, [...everything(), ...readable])).toEqual([])
  })

  /** Does everything that can be done with it, well and badly. */
  async function exercise(): Promise<void> {
    server = await runServer(env, ['--no-worker'])
    await server.prints(/upstream hooks are not in step/)
    apiKeyB = await createKey('team-b')
    await registerAll('A', apiKeyA)
    await registerAll('B', apiKeyB)
    await receiveAll()
    await until('jobs of each channel lie in Redis', async () => {
      for (const [key, value] of await redis.contents()) stored.set(key, value)
      return carriedChannels.every((channel) => [...stored.keys()].some((key) => isJob(key, channel)))
    })

    const worker = runGemherald(['worker'], { ...workerEnv(), SMTP_URL: smtpUrl(smtp, wrongSmtpPassword) })
    const shutOut = runGemherald(['worker'], {
      ...workerEnv(),
      REDIS_URL: redis.urlWith(wrongRedisPassword.text),
    })
    await server.prints(/refused the login/)
    await server.prints(/delivery given up/)
    await until('each endpoint was tried', () => endpointsTried() === 2 * (endpoints.length - 1))
    await askAll()
    await readEverything('A', apiKeyA)
    await readEverything('B', apiKeyB)
    await command()
    await shutOut.prints(/Redis does not work/)
    for (const [key, value] of await redis.contents()) stored.set(`${key} at the end`, value)
    await Promise.all([server, worker, shutOut].map((one) => one.end('SIGTERM')))
    printed.set('the server', withoutGreeting(server.printed()))
    printed.set('the worker', worker.printed())
    printed.set('the worker with the wrong password', shutOut.printed())
    await deliverWithoutRedis()
  }

  /** Once more, where the server makes the attempts itself, and its login to the mail server is refused. */
  async function deliverWithoutRedis(): Promise<void> {
    const { REDIS_URL: _, ...alone } = env
    server = await runServer({ ...alone, SMTP_URL: smtpUrl(smtp, wrongSmtpPassword) })
    await ask('others', `/webhooks/rubygems/${token.text}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: authorizationFor('rails', '8.1.5', rubygems.legacy.text),
      },
      body: payloadOf(org.payloadOf(org.push('rails', '8.1.5'))).toString(),
    })
    await server.prints(/refused the login/)
    await server.prints(/delivery given up/)
    await server.end('SIGTERM')
    printed.set('the server without Redis', withoutGreeting(server.printed()))
  }

  const workerEnv = () => {
    const { REDIS_URL = '', GEMHERALD_SECRET = '', MAIL_FROM = '' } = env
    return { REDIS_URL, GEMHERALD_SECRET, MAIL_FROM, LOG_LEVEL: 'trace', DATA_DIR: join(folder.path, 'none') }
  }

  async function createKey(account: string): Promise<Canary> {
    const { stdout } = await runCommand(addKeys, ['keys', 'create', account, '--json'], env)
    return { name: `the key of ${account}`, text: JSON.parse(stdout).key }
  }

  async function registerAll(account: 'A' | 'B', key: Canary): Promise<void> {
    for (const { name, canaries } of urlsOf[account])
      await api(account, 'POST', '', key, {
        gem_name: 'rails',
        url: urlTo(name, canaries),
        ...(name.startsWith('slack') ? { channel: 'slack' } : {}),
      })
    await api(account, 'POST', '', key, { gem_name: '*', url: `mailto:${account}@example.org` })
    const email = emailEndpoint()
    const signer = createSigner(secret.text, 'unsubscribe')
    unsubscribeToken = { name: 'an unsubscribe link', text: unsubscribeUrl('', signer, email).slice(-43) }
  }

  function emailEndpoint(): number {
    const ledger = new Sqlite(join(folder.path, 'ledger.db'), { readonly: true })
    const id = ledger.prepare(`SELECT max(id) FROM endpoints WHERE channel = 'email'`).pluck().get()
    ledger.close()
    return Number(id)
  }

  async function receiveAll(): Promise<void> {
    const receiver = `/webhooks/rubygems/${token.text}`
    const body = payloadOf(org.payloadOf(org.push('rails', '8.1.4')))
    const good = authorizationFor('rails', '8.1.4', rubygems.legacy.text)
    const requests: [path: string, authorization: string | null, body: Buffer | string][] = [
      [receiver, good, body],
      [receiver, good, body],
      [receiver, null, body],
      [receiver, apiKeyA.text, body],
      [receiver, rubygems.legacy.text, body],
      [receiver, 'f'.repeat(64), body],
      [receiver, good, '{"name":'],
      [receiver, good, 'x'.repeat(2_000_000)],
      [`${receiver}?calibrate=${apiKeyA.text}`, good, body],
      [`/webhooks/rubygems/${wrongToken.text}`, good, body],
      ['/webhooks/rubygems', good, body],
      [`${receiver}/%ff`, good, body],
    ]
    for (const [path, authorization, text] of requests)
      await ask('others', path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(authorization === null ? {} : { authorization }) },
        body: text as string,
      })
    await ask('others', receiver, { method: 'GET' })
  }

  async function askAll(): Promise<void> {
    for (const { name, canaries } of urlsOf.A) {
      const hook = { gem_name: 'rails', url: urlTo(name, canaries) }
      await api('A', 'POST', '/fire', apiKeyA, name === 'slack' ? { ...hook, channel: 'slack' } : hook)
      await api('A', 'POST', '', apiKeyA, hook)
    }
    await api('A', 'POST', '/fire', apiKeyA, { gem_name: 'rails', url: 'mailto:a@example.org' })
    smtp.reply('data', { code: 535, text: `5.7.8 who is ${smtpPassword.text}` })
    await api('A', 'POST', '/fire', apiKeyA, { gem_name: 'rails', url: 'mailto:a@example.org' })
    for (const [path, key] of [
      ['.json', apiKeyA],
      ['.json', apiKeyB],
      ['.yaml', apiKeyB],
      ['', strangersKey],
    ] as const)
      await api(key === apiKeyA ? 'A' : 'B', 'GET', path, key)
    await api('B', 'DELETE', '/remove', apiKeyB, { gem_name: 'rails', url: 'http://elsewhere.example.org/' })
    await ask('others', `/api/v1/web_hooks?url=%00`, { headers: { authorization: apiKeyB.text } })
    const link = `/unsubscribe/${emailEndpoint()}.${unsubscribeToken.text}`
    await ask('others', link, {})
    await ask('others', link.slice(0, -1), {})
    await ask('others', link, { method: 'POST' })
    for (const path of ['/metrics', '/healthz', '/readyz', '/', '/%ff', '/versions', '/info/rails', '/names'])
      await ask('others', path, {})
    for (const path of ['gems/rails.json', 'activity/just_updated.json', 'search.json?query=rails'])
      await ask('others', `/api/v1/${path}`, {})
  }

  /** Everything that the JSON API, the pages and the feeds show, with a key, with a session, with a link, and without. */
  async function readEverything(account: 'A' | 'B', key: Canary): Promise<void> {
    const to = account === 'A' ? 'A' : 'others'
    // Account A runs the installation: its Setup shows the URL to register upstream.
    const own = [...inUrlsOf(account), ...(account === 'A' ? [token] : [])]
    const cookie = await signIn(account, key)
    const headers = { authorization: key.text }
    const fillings = { inboxes: ['demo'], gem: 'rails', version: '8.1.4' }
    const ids = allIds()
    for (const body of [
      { gem_name: '*', url: 'inbox:demo' },
      { gem_name: 'rails', url: urlTo('broken', urlsOf[account][1]?.canaries ?? []) },
    ]) {
      await ask(to, '/api/v1/fire.json', { method: 'POST', headers, body: new URLSearchParams(body) }, own)
      const form = { csrf: await csrfOf(cookie), gem: body.gem_name, url: body.url }
      const post = { method: 'POST', headers: { cookie }, body: new URLSearchParams(form) }
      await ask(to, '/hooks/fire', post, own)
    }
    for (const [path, body] of [
      ['redeliveries', { endpoint: '1' }],
      ['verify', { name: 'rails', version: '8.1.4', authorization: rubygems.signing.text }],
      ['verify', { name: 'rails', version: '8.1.4', authorization: 'f'.repeat(64) }],
      ['fire', { gem_name: 'rails', nonsense: 'x' }],
    ] as const)
      await ask(to, `/api/v1/${path}.json`, { method: 'POST', headers, body: new URLSearchParams(body) }, own)
    for (const path of readableApiPaths({ ...fillings, ids })) {
      await ask(to, path, { headers }, own)
      await ask('others', path, { headers: { authorization: strangersKey.text } })
    }
    for (const path of readablePages({ ...fillings, ids })) {
      await ask(to, path, { headers: { cookie } }, own)
      await ask('others', path, {})
    }
    const feed = await feedOf(cookie)
    await ask(to, feed, {}, own)
    await ask('others', `${feed}x`, {})
    await ask('others', '/api/openapi.json', {})
  }

  /** Signs in with the key, and vainly; A with a one-time link, too. The cookie. */
  async function signIn(account: 'A' | 'B', key: Canary): Promise<string> {
    const submit = (text: string) => {
      const body = new URLSearchParams({ key: text, to: '/hooks' })
      return fetch(`${server.url}/sign-in`, { method: 'POST', body, redirect: 'manual' })
    }
    expect((await submit(strangersKey.text)).status).toBe(401)
    const cookie = cookieIn(await submit(key.text))
    if (account === 'B') return cookie
    const { stdout } = await runCommand(addSignIn, ['sign-in', '--json'], env)
    const { pathname } = new URL(JSON.parse(stdout).url)
    doors.push({ name: 'a one-time link', text: pathname.slice('/sign-in/'.length) })
    return cookieIn(await fetch(server.url + pathname))
  }

  function cookieIn(answer: Response): string {
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const text = cookie.slice(cookie.indexOf('=') + 1)
    expect(text).toHaveLength(43)
    doors.push({ name: 'a session', text })
    return cookie
  }

  async function csrfOf(cookie: string): Promise<string> {
    const page = await (await fetch(`${server.url}/hooks`, { headers: { cookie } })).text()
    return /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
  }

  async function feedOf(cookie: string): Promise<string> {
    const page = await (await fetch(`${server.url}/inbox/demo`, { headers: { cookie } })).text()
    const feed = /href="(\/inbox\/demo\.atom\?token=[^"]+)"/.exec(page)?.[1] ?? ''
    doors.push({ name: 'the token of a feed', text: feed.slice(-43) })
    return feed
  }

  /** Of everything that both accounts have. */
  function allIds(): number[] {
    const ledger = new Sqlite(join(folder.path, 'ledger.db'), { readonly: true })
    const ids = ledger.prepare(
      `SELECT e.id FROM endpoints AS e UNION SELECT max(d.id) FROM deliveries AS d GROUP BY d.endpoint_id
       UNION SELECT id FROM inbox_messages UNION SELECT id FROM events`,
    )
    const found = ids.pluck().all() as number[]
    ledger.close()
    expect(found.length).toBeGreaterThan(endpoints.length)
    return found
  }

  /** Every command that is not asked to show a URL, also while the upstream repeats what it is told. */
  async function command(): Promise<void> {
    const own = { ...env, PORT: new URL(server.url).port, GEMHERALD_URL: server.url }
    const receiver = `${server.url}/webhooks/rubygems/${token.text}`
    const run = async (
      add: (program: Command) => void,
      args: string[],
      other: Record<string, string> = {},
    ) => {
      const { stdout, stderr } = await runCommand(add, args, { ...own, ...other })
      printed.set(`gemherald ${args.slice(0, 2).join(' ')} #${printed.size}`, stdout + stderr)
    }
    const backup = join(folder.path, 'backup.db')
    await run(addStatus, ['status'])
    await run(addStatus, ['status', '--json'])
    await run(addKeys, ['keys', 'list'])
    await run(addKeys, ['keys', 'list', '--json'])
    await run(addKeys, ['keys', 'list'], { GEMHERALD_SECRET: canary('another secret').text })
    await run(addBackup, ['backup', backup])
    await run(addBackup, ['backup', backup])
    await run(addHooks, ['hooks', 'list'], { GEMHERALD_API_KEY: strangersKey.text })
    await run(addVerify, ['verify', '--explain', 'rails', '8.1.4', apiKeyA.text, '--key', apiKeyB.text])
    await run(addVerify, ['verify', '--explain', 'rails', '8.1.4', 'f'.repeat(64), '--json'])
    await run(addCatchUp, [
      'catch-up',
      '--since',
      new Date(Date.now() - 3_600_000).toISOString(),
      '--dry-run',
    ])
    const reads = [['list'], ['sync'], ['sync', '--apply']]
    const writes = [...['add', 'remove', 'fire'].map((verb) => [verb, 'rails', receiver]), ['calibrate']]
    for (const status of [401, 302, 500]) {
      org.fail(({ headers, query, body }) => echo(status, headers, query, body), { on: /web_hooks/ })
      // A read that ends in 500 is tried again, with pauses.
      for (const args of status === 500 ? writes : [...reads, ...writes])
        await run(addUpstream, ['upstream', ...args, '--otp', otp.text])
      org.mend()
    }
    await run(addUpstream, ['upstream', 'sync', '--apply', '--otp', otp.text])
    await run(addUpstream, ['upstream', 'calibrate', '--gem', 'rails', '--otp', otp.text])
  }

  function api(
    account: 'A' | 'B',
    method: string,
    path: string,
    key: Canary,
    parameters?: Record<string, string>,
  ): Promise<void> {
    const body = parameters === undefined ? {} : { body: new URLSearchParams(parameters) }
    const to = account === 'A' ? 'A' : 'others'
    const own = account === 'A' ? [] : inUrlsOf('B')
    return ask(to, `/api/v1/web_hooks${path}`, { method, headers: { authorization: key.text }, ...body }, own)
  }

  /** Keeps the answer, but for what `own` says that whoever asked may see. */
  async function ask(
    to: 'A' | 'others',
    path: string,
    request: RequestInit,
    own: readonly Canary[] = [],
  ): Promise<void> {
    const answers = to === 'A' ? answersToA : answersToOthers
    const answer = await fetch(server.url + path, { redirect: 'manual', ...request })
    const text = `${answer.status}\n${JSON.stringify([...answer.headers])}\n${await answer.text()}`
    const kept = own.reduce((left, { text: secretText }) => left.replaceAll(secretText, ''), text)
    answers.set(`the answer #${answers.size} to ${request.method ?? 'GET'} ${path.split('?')[0]}`, kept)
  }

  function urlTo(name: Endpoint, [path, query, userinfo]: Canary[]): string {
    const { port } = new URL(sink.url)
    const at = name === 'closed' ? '127.0.0.1:1025' : `127.0.0.1:${port}`
    return `http://user:${userinfo?.text}@${at}/${name}/${path?.text}?token=${query?.text}`
  }

  function endpointsTried(): number {
    return new Set(sink.received.map(({ path }) => path)).size
  }
})

/** Whether this is a part of a job, as opposed to what the queue itself keeps. */
function isJob(key: string, channel: string): boolean {
  return new RegExp(`:jobs-${channel}:\\S+-\\d+-1 #`).test(key)
}

function inUrlsOf(account: 'A' | 'B'): Canary[] {
  return urlsOf[account].flatMap(({ canaries }) => canaries)
}

/** Answers by the first part of the path: each as sinks do, and repeating what it was told where they may do that. */
function prepareSink(sink: HttpSink): void {
  sink.answer((request) => {
    const [, name] = request.path.split('/')
    const asked = `http://127.0.0.1${request.path}`
    if (name === 'broken') return { status: 500, body: `Broken: ${asked} ${JSON.stringify(request.headers)}` }
    if (name === 'gone') return { status: 410, body: `Gone: ${asked}` }
    if (name === 'moved') return { status: 301, headers: { Location: asked.replace('http:', 'https:') } }
    if (name === 'slack-dead') return { status: 403, body: 'invalid_token' }
    return name === 'drops' ? 'drop' : { status: 200, body: 'ok' }
  })
}

function echo(
  status: number,
  headers: Record<string, unknown>,
  query: URLSearchParams,
  body: Buffer,
): { status: number; headers: Record<string, string>; body: string } {
  const told = `${headers.authorization} ${headers.otp} ${query} ${decodeURIComponent(String(query))} ${body}`
  const location = `https://other.example.org/?${encodeURIComponent(told)}&${query}`
  return {
    status,
    headers: { 'Content-Type': 'text/plain', ...(status === 302 ? { Location: location } : {}) },
    body: `OTP? ${told} ${decodeURIComponent(String(body))}`,
  }
}

function smtpUrl(smtp: SmtpSink, password: Canary): string {
  return smtp.url.replace(/:[^:@]*@/, `:${password.text}@`)
}

/** The greeting tells the operator which URL to register: the one place where the token is shown. */
function withoutGreeting(text: string): string {
  return text.replace(/^ {2}receiver .*$/m, '')
}
