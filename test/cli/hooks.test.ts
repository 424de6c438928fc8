import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addHooks } from '../../src/cli/hooks.js'
import { apiKey, startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { type HttpAnswer, type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { type RubygemsHost, startRubygemsHost } from '../helpers/rubygems-host.js'
import { type Ended, runCommand } from './run-command.js'

let upstream: RubygemsHost
let server: TestGemherald
let receiver: HttpSink
let url: string

beforeAll(async () => {
  upstream = await startRubygemsHost()
  for (const gem of ['rails', 'rake', 'gemcutter']) upstream.add(gem)
  server = await startGemherald({ env: { RUBYGEMS_HOST: upstream.url } })
  receiver = await startHttpSink()
})
afterAll(async () => {
  await server.remove()
  await receiver.close()
  await upstream.close()
})
let count = 0
beforeEach(() => {
  receiver.answer({})
  receiver.received.length = 0
  url = `${receiver.url}/hook${++count}`
})

function hooks(args: string[], env: Record<string, string | undefined> = {}): Promise<Ended> {
  return runCommand(addHooks, ['hooks', ...args], {
    GEMHERALD_URL: server.url,
    GEMHERALD_API_KEY: apiKey,
    ...env,
  })
}

const listed = async () => (await hooks(['list'])).stdout.split('\n').filter((row) => row.includes(url))

describe('hooks add, list and remove', () => {
  it('do it, and say it in the server’s words', async () => {
    expect(await hooks(['add', 'rails', url])).toEqual({
      code: 0,
      stdout: `Successfully created webhook for rails to ${url}\n`,
      stderr: '',
    })
    expect((await hooks(['add', '*', url])).stdout).toBe(
      `Successfully created webhook for all gems to ${url}\n`,
    )
    expect((await listed()).sort()).toEqual([`*\t${url}\t0`, `rails\t${url}\t0`])
    expect(await hooks(['remove', '*', url])).toEqual({
      code: 0,
      stdout: `Successfully removed webhook for all gems to ${url}\n`,
      stderr: '',
    })
    expect(await listed()).toEqual([`rails\t${url}\t0`])
  })

  it('print JSON when asked', async () => {
    const json = async (args: string[]) => JSON.parse((await hooks([...args, '--json'])).stdout)
    const about = { gem: 'rake', url }
    expect(await json(['add', 'rake', url])).toEqual({
      status: 'created',
      ...about,
      text: `Successfully created webhook for rake to ${url}`,
    })
    expect(await json(['list'])).toContainEqual({ ...about, failures: 0 })
    expect(await json(['remove', 'rake', url])).toMatchObject({ status: 'removed', ...about })
    expect(await json(['list'])).not.toContainEqual({ ...about, failures: 0 })
  })

  it('pass the channel on', async () => {
    expect(await hooks(['add', 'rails', url, '--channel', 'email'])).toMatchObject({ code: 1, stdout: '' })
    expect(await hooks(['add', 'rails', url, '--channel', 'slack'])).toMatchObject({ code: 0 })
    receiver.answer({ body: 'ok' })
    await hooks(['fire', 'rails', url, '--channel', 'slack'])
    expect(JSON.parse(String(receiver.received.at(-1)?.body))).toHaveProperty('blocks')
  })

  it.each([
    ['add', () => ['add', 'rails', url], 'has already been registered for rails.\n'],
    ['add', () => ['add', 'rails', 'nowhere'], 'gemherald: Url does not appear to be a valid URL.\n'],
    ['remove', () => ['remove', 'rake', url], 'No such webhook exists under your account.'],
  ])('%s fails in the server’s words', async (_, args, text) => {
    await hooks(['add', 'rails', url])
    for (const json of [[], ['--json']]) {
      const failed = await hooks([...args(), ...json])
      expect(failed).toMatchObject({ code: 1, stdout: '' })
      expect(failed.stderr).toMatch(/^gemherald: .*\n$/)
      expect(failed.stderr).toContain(text)
    }
  })
})

describe('hooks fire', () => {
  it('shows what the far side said, line by line', async () => {
    receiver.answer({ headers: { 'x-mood': 'fine' }, body: 'two\nlines \u001B[31mred\u0007' })
    const fired = await hooks(['fire', 'rails', url])
    expect(fired).toMatchObject({ code: 0, stderr: '' })
    expect(fired.stdout).toMatch(
      new RegExp(
        `^Successfully deployed webhook for rails to ${url}\n\nResponse: 200\n(.*\n)*X-Mood: fine\n`,
      ),
    )
    expect(fired.stdout.endsWith('\n\ntwo\nlines [31mred\n')).toBe(true)
    expect(JSON.parse(String(receiver.received[0]?.body))).toMatchObject({ name: 'rails', yanked: false })
  })

  it('passes the kind on, and prints JSON when asked', async () => {
    const fired = await hooks(['fire', 'rails', url, '--kind', 'yanked', '--json'])
    expect(JSON.parse(fired.stdout)).toMatchObject({ status: 'delivered', gem: 'rails', url })
    expect(JSON.parse(String(receiver.received[0]?.body))).toMatchObject({ yanked: true })
  })

  it('fails with what the far side said', async () => {
    receiver.answer({ status: 410, body: 'gone for good' })
    const failed = await hooks(['fire', 'rails', url])
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    expect(failed.stderr).toContain(`gemherald: There was a problem deploying webhook for rails to ${url}\n`)
    expect(failed.stderr).toContain('\ngone for good\n')
  })
})

describe('an unknown gem', () => {
  it.each(['add', 'remove', 'fire'])('fails %s', async (verb) => {
    const failed = await hooks([verb, 'nosuch', url])
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    expect(failed.stderr).toMatch(/^gemherald: This gem could not be found: nosuch\./)
  })

  it('is cleaned and cut in the message', async () => {
    const failed = await hooks(['add', `no\n\u001B[31msuch${'x'.repeat(200)}`, url])
    expect(failed.stderr).toBe(`gemherald: This gem could not be found: no [31msuch${'x'.repeat(88)}….\n`)
  })

  const missing: HttpAnswer = { status: 404, body: 'This gem could not be found' }
  const json = (body: unknown): HttpAnswer => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  it.each([
    ['near names', json(['rack', 'rails', 'railties', 'rails-html']), ' Did you mean rails?'],
    ['nothing near', json(['sidekiq']), ''],
    ['no such route', { status: 404 }, ''],
    ['nonsense', json({ rails: 1 }), ''],
  ])('with %s from the server', async (_, names, question) => {
    receiver.answer(missing)
    receiver.answer('/api/v1/search/autocomplete.json', names)
    const failed = await hooks(['add', 'rials', url], { GEMHERALD_URL: receiver.url })
    expect(failed.stderr).toBe(`gemherald: This gem could not be found: rials.${question}\n`)
    expect(receiver.received[1]?.path).toBe('/api/v1/search/autocomplete.json?query=rials')
    expect(receiver.received[1]?.headers.authorization).toBeUndefined()
  })
})

describe('trouble with the server', () => {
  it('is told when no key is given', async () => {
    const failed = await hooks(['list'], { GEMHERALD_API_KEY: undefined })
    expect(failed).toMatchObject({ code: 2, stdout: '' })
    expect(failed.stderr).toMatch(/^gemherald: GEMHERALD_API_KEY is not set: .*\n$/)
  })

  it('is told when the key is not the server’s, without repeating it', async () => {
    const failed = await hooks(['list'], { GEMHERALD_API_KEY: 'gh_canary_of_a_key' })
    expect(failed.code).toBe(1)
    expect(failed.stderr).toContain('does not accept GEMHERALD_API_KEY: Access Denied.')
    expect(failed.stderr).not.toContain('canary')
  })

  it('is told when nobody listens', async () => {
    const failed = await hooks(['add', 'rails', url], { GEMHERALD_URL: 'http://127.0.0.1:1025' })
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    expect(failed.stderr).toContain('Is gemherald running at 127.0.0.1:1025?')
  })

  it('is told when something else answers', async () => {
    receiver.answer({ headers: { 'content-type': 'text/html' }, body: '<p>Welcome' })
    const failed = await hooks(['list'], { GEMHERALD_URL: receiver.url })
    expect(failed.code).toBe(1)
    expect(failed.stderr).toContain('check GEMHERALD_URL')
  })

  it('is told when the settings are wrong', async () => {
    expect(await hooks(['list'], { GEMHERALD_URL: 'nowhere' })).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('usage', () => {
  it.each([
    [['add', 'rails'], "missing required argument 'url'"],
    [['remove'], "missing required argument 'gem'"],
    [['add', 'rails', 'http://a.example', '--channel', 'fax'], 'webhook, slack, email'],
    [['fire', 'rails', 'http://a.example', '--kind', 'restored'], 'pushed, yanked'],
    [['remove', 'rails', 'http://a.example', '--channel', 'slack'], 'unknown option'],
    [['add', '', 'http://a.example'], "Give the name of a gem, or '*' for all."],
    [['remove', 'rails', ' '], 'Give the URL of the hook.'],
    [['fire', 'rails', ''], 'Give the URL of the hook.'],
    [['list', 'rails'], 'too many arguments'],
    [['frob'], "unknown command 'frob'"],
    [[], 'Usage: gemherald hooks'],
  ])('%j is wrong', async (args, text) => {
    const ended = await hooks(args)
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain(text)
  })

  it.each([[[]], [['list']], [['add']], [['remove']], [['fire']]])(
    '%j has help with examples',
    async (args) => {
      const ended = await hooks([...args, '--help'])
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      expect(ended.stdout).toContain('Examples:\n  $ ')
    },
  )
})
