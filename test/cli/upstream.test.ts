import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addUpstream } from '../../src/cli/upstream.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import {
  faults,
  type OrgAccount,
  type OrgFault,
  type RubygemsOrg,
  startRubygemsOrg,
} from '../helpers/rubygems-org.js'
import { openTempLedger, type TempLedger } from '../helpers/temp-ledger.js'
import { type Ended, runCommand } from './run-command.js'

const receiverUrl = 'https://gems.example.org/webhooks/rubygems'
const foreignUrl = 'https://other.example.org/hook'

let org: RubygemsOrg
let account: OrgAccount
let temp: TempLedger
let sink: HttpSink
let empty: string

beforeAll(async () => {
  sink = await startHttpSink()
  empty = mkdtempSync(join(tmpdir(), 'gemherald-test-'))
})
afterAll(async () => {
  await sink.close()
  rmSync(empty, { recursive: true })
})
beforeEach(async () => {
  org = await startRubygemsOrg()
  account = org.addAccount('ada')
  for (const gem of ['rails', 'rake', 'rack', 'thor']) org.push(gem, '1.0')
  temp = openTempLedger()
})
afterEach(async () => {
  temp.remove()
  await org.close()
})

const upstream = (args: string[], env: Record<string, string | undefined> = {}): Promise<Ended> =>
  runCommand(addUpstream, ['upstream', ...args], {
    RUBYGEMS_HOST: org.url,
    RUBYGEMS_API_KEY: account.key,
    DATA_DIR: temp.folder,
    PUBLIC_URL: 'https://gems.example.org',
    ...env,
  })

const register = (url: string, ...names: string[]) => {
  for (const name of names)
    account.hooks.push({ gemName: name === '*' ? null : name, url, failureCount: 0, disabled: false })
}
const registered = (url = receiverUrl) =>
  account.hooks
    .filter((hook) => hook.url === url)
    .map(({ gemName }) => gemName ?? '*')
    .sort()
const want = (...names: string[]) => {
  for (const gemName of names) temp.hook({ gemName })
}
const answer = (status: number, body: string): OrgFault => ({
  status,
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  body,
})

describe('upstream add, remove and fire', () => {
  it('do it, and say it in the upstream’s words', async () => {
    expect(await upstream(['add', 'rails', foreignUrl])).toEqual({
      code: 0,
      stdout: `Successfully created webhook for rails to ${foreignUrl}\n`,
      stderr: '',
    })
    expect((await upstream(['add', '*', foreignUrl])).stdout).toBe(
      `Successfully created webhook for all gems to ${foreignUrl}\n`,
    )
    expect(await upstream(['remove', 'rails', foreignUrl])).toEqual({
      code: 0,
      stdout: `Successfully removed webhook for rails to ${foreignUrl}\n`,
      stderr: '',
    })
    expect(registered(foreignUrl)).toEqual(['*'])
  })

  it('print what the far side said, line by line and harmless', async () => {
    sink.answer({ headers: { 'x-mood': 'fine' }, body: 'two\nlines \u001B[31mred\u0007' })
    const fired = await upstream(['fire', 'rails', `${sink.url}/hook`])
    expect(fired).toMatchObject({ code: 0, stderr: '' })
    expect(fired.stdout).toMatch(
      /^Successfully deployed webhook for rails to .*\n\nResponse: 200\n(.*\n)*X-Mood: fine\n/,
    )
    expect(fired.stdout.endsWith('\n\ntwo\nlines [31mred\n')).toBe(true)
  })

  it('fail with what the far side said', async () => {
    sink.answer({ status: 500, body: 'not today' })
    const failed = await upstream(['fire', 'rails', `${sink.url}/hook`])
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    expect(failed.stderr).toContain('gemherald: There was a problem deploying webhook for rails to')
    expect(failed.stderr).toContain('\nnot today\n')
  })

  it('print JSON when asked', async () => {
    const added = await upstream(['add', 'rails', foreignUrl, '--json'])
    expect(JSON.parse(added.stdout)).toEqual({
      status: 'created',
      gem: 'rails',
      url: foreignUrl,
      text: `Successfully created webhook for rails to ${foreignUrl}`,
    })
  })

  it.each([
    ['add', () => ['add', 'rails', foreignUrl], 'org/hook has already been registered for rails.\n'],
    ['add', () => ['add', 'rails', 'nowhere'], 'gemherald: Url does not appear to be a valid URL.\n'],
    ['remove', () => ['remove', 'rake', foreignUrl], 'No such webhook exists under your account.\n'],
  ])('%s fails in the upstream’s words', async (_, args, text) => {
    register(foreignUrl, 'rails')
    for (const json of [[], ['--json']]) {
      const failed = await upstream([...args(), ...json])
      expect(failed).toMatchObject({ code: 1, stdout: '' })
      expect(failed.stderr).toMatch(/^gemherald: .*\n$/)
      expect(failed.stderr).toContain(text)
    }
  })

  it.each(['add', 'remove', 'fire'])('%s cleans and cuts the name of an unknown gem', async (verb) => {
    const failed = await upstream([verb, `no\n\u001B[31msuch${'x'.repeat(200)}`, foreignUrl])
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    expect(failed.stderr).toBe(`gemherald: This gem could not be found: no [31msuch${'x'.repeat(88)}….\n`)
  })

  it.each(['add', 'remove', 'fire'])('%s suggests what the ledger knows for an unknown gem', async (verb) => {
    for (const name of ['rails', 'railties', 'sidekiq']) temp.arrive({ name, version: '1.0' })
    const failed = await upstream([verb, 'rials', foreignUrl])
    expect(failed).toEqual({
      code: 1,
      stdout: '',
      stderr: 'gemherald: This gem could not be found: rials. Did you mean rails?\n',
    })
    const unlike = await upstream([verb, 'xyzzy', foreignUrl])
    expect(unlike.stderr).toBe('gemherald: This gem could not be found: xyzzy.\n')
    const without = await upstream([verb, 'rials', foreignUrl], { DATA_DIR: empty })
    expect(without.stderr).toBe('gemherald: This gem could not be found: rials.\n')
  })
})

describe('a one-time password', () => {
  const wanted =
    'You have enabled multifactor authentication but no OTP code provided. Please fill it and retry.'
  it.each([
    [['list']],
    [['add', 'rails', foreignUrl]],
    [['remove', 'rake', foreignUrl]],
    [['fire', 'rails', 'SINK']],
    [['sync']],
    [['sync', '--apply']],
  ])('%j asks for one, and passes it on', async (args) => {
    const command = args.map((arg) => (arg === 'SINK' ? sink.url : arg))
    sink.answer({})
    register(foreignUrl, 'rake')
    want('rails')
    org.fail(answer(401, wanted), { times: 1 })
    expect(await upstream(command)).toEqual({
      code: 1,
      stdout: '',
      stderr: `gemherald: ${wanted}\nGive the code with --otp.\n`,
    })
    const before = org.count()
    expect(await upstream([...command, '--otp', '123456'])).toMatchObject({ code: 0, stderr: '' })
    const sent = org.requests.all.slice(before).map(({ headers }) => headers.otp)
    expect(new Set(sent)).toEqual(new Set(['123456']))
  })
})

describe('upstream list', () => {
  const rows = async (args: string[] = [], env = {}) =>
    (await upstream(['list', ...args], env)).stdout.split('\n').slice(0, -1)

  it('shows all hooks, and how ours fare', async () => {
    register(receiverUrl, 'rails', '*')
    register(foreignUrl, 'rails')
    expect(await rows()).toEqual([
      `rails\t${receiverUrl}\t0\tyes\thealthy`,
      `rails\t${foreignUrl}\t0\tno\t`,
      `*\t${receiverUrl}\t0\tyes\thealthy`,
    ])
    const [rails] = account.hooks
    if (rails !== undefined) rails.failureCount = 3
    expect((await rows())[0]).toBe(`rails\t${receiverUrl}\t3\tyes\tfailing (+3 since 1 min)`)
    expect((await rows())[0]).toBe(`rails\t${receiverUrl}\t3\tyes\tfailing (rose 1 min ago)`)
  })

  it('knows ours by the receiver token', async () => {
    register(`${receiverUrl}/canary`, 'rails')
    register(receiverUrl, 'rake')
    const listed = await upstream(['list', '--json'], { GEMHERALD_RECEIVER_TOKEN: 'canary' })
    expect(JSON.parse(listed.stdout)).toEqual([
      { gem: 'rails', url: `${receiverUrl}/canary`, failures: 0, ours: true, state: 'healthy' },
      { gem: 'rake', url: receiverUrl, failures: 0, ours: false, state: null },
    ])
  })

  it('knows nothing of a hook on another URL than before', async () => {
    register(receiverUrl, 'rails')
    await rows()
    account.hooks.splice(0)
    account.hooks.push({ gemName: 'rails', url: `${receiverUrl}/canary`, failureCount: 3, disabled: false })
    expect(await rows([], { GEMHERALD_RECEIVER_TOKEN: 'canary' })).toEqual([
      `rails\t${receiverUrl}/canary\t3\tyes\tunknown`,
    ])
  })

  it('shows those at an earlier URL as ours for as long as they are there', async () => {
    register(receiverUrl, 'rails')
    register(`${receiverUrl}/`, 'rails')
    await rows()
    const changed = { GEMHERALD_RECEIVER_TOKEN: 'canary' }
    register(receiverUrl, 'rake')
    for (let times = 0; times < 3; times++)
      expect(await rows([], changed)).toEqual([
        `rails\t${receiverUrl}\t0\tyes\tearlier`,
        `rails\t${receiverUrl}/\t0\tno\t`,
        `rake\t${receiverUrl}\t0\tno\t`,
      ])
    expect(JSON.parse((await rows(['--json'], changed)).join())[0]).toMatchObject({
      ours: true,
      state: 'earlier',
    })
    account.hooks.shift()
    await rows([], changed)
    register(receiverUrl, 'rails')
    expect(await rows([], changed)).toContain(`rails\t${receiverUrl}\t0\tno\t`)
  })

  it('works without a ledger, and makes none', async () => {
    register(receiverUrl, 'rails')
    const [rails] = account.hooks
    if (rails !== undefined) rails.failureCount = 3
    const env = { DATA_DIR: join(empty, 'nothing') }
    expect(await upstream(['list'], env)).toEqual({
      code: 0,
      stdout: `rails\t${receiverUrl}\t3\tyes\tunknown\n`,
      stderr: '',
    })
    expect(await rows([], env)).toEqual([`rails\t${receiverUrl}\t3\tyes\tunknown`])
  })

  it('says so when the ledger cannot be used', async () => {
    temp.change('DELETE FROM __drizzle_migrations WHERE rowid = 1')
    register(receiverUrl, 'rails')
    const listed = await upstream(['list'])
    expect(listed).toMatchObject({ code: 0, stdout: `rails\t${receiverUrl}\t0\tyes\thealthy\n` })
    expect(listed.stderr).toMatch(/^gemherald: The server that runs here is of another version: .*\n$/)
  })
})

describe('upstream sync', () => {
  beforeEach(() => {
    want('rails', 'rack')
    register(receiverUrl, 'rake', 'rails')
    register(foreignUrl, '*', 'thor')
  })
  const plan = '+ rack\n- rake\n= 1 unchanged\n'

  it('shows a plan and changes nothing', async () => {
    expect(await upstream(['sync'])).toEqual({
      code: 0,
      stdout: `${plan}Nothing is changed yet: run it again with --apply to do this.\n`,
      stderr: '',
    })
    expect(registered()).toEqual(['rails', 'rake'])
    expect(JSON.parse((await upstream(['sync', '--json'])).stdout)).toEqual({
      add: ['rack'],
      remove: ['rake'],
      remove_earlier: [],
      unchanged: ['rails'],
      applied: false,
      failed: [],
    })
  })

  it('carries it out, touches nothing foreign, and has nothing to do then', async () => {
    expect(await upstream(['sync', '--apply'])).toEqual({
      code: 0,
      stdout: `${plan}Successfully created webhook for rack to ${receiverUrl}\nSuccessfully removed webhook for rake to ${receiverUrl}\n`,
      stderr: '',
    })
    expect(registered()).toEqual(['rack', 'rails'])
    expect(registered(foreignUrl)).toEqual(['*', 'thor'])
    const requests = org.count()
    for (const apply of [[], ['--apply']])
      expect(await upstream(['sync', ...apply])).toEqual({ code: 0, stdout: '= 2 unchanged\n', stderr: '' })
    expect(org.count()).toBe(requests + 2)
  })

  it('moves what it made to another URL of this server, and nothing else', async () => {
    await upstream(['sync', '--apply'])
    register(receiverUrl, 'thor')
    const changed = { GEMHERALD_RECEIVER_TOKEN: 'canary' }
    const earlier = (gem: string) => `- ${gem} (at an earlier URL of this server)\n`
    const moving = `+ rack\n+ rails\n${earlier('rack')}${earlier('rails')}= 0 unchanged\n`
    expect((await upstream(['sync'], changed)).stdout.startsWith(moving)).toBe(true)
    expect(JSON.parse((await upstream(['sync', '--json'], changed)).stdout)).toMatchObject({
      add: ['rack', 'rails'],
      remove: [],
      remove_earlier: ['rack', 'rails'],
    })
    expect(registered()).toEqual(['rack', 'rails', 'thor'])
    const done = await upstream(['sync', '--apply'], changed)
    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(done.stdout.startsWith(moving)).toBe(true)
    expect(registered(`${receiverUrl}/canary`)).toEqual(['rack', 'rails'])
    expect(registered()).toEqual(['thor'])
    expect(registered(foreignUrl)).toEqual(['*', 'thor'])
    expect((await upstream(['sync', '--apply'], changed)).stdout).toBe('= 2 unchanged\n')
  })

  it('has something to do when only those at an earlier URL are left, and says when they cannot go', async () => {
    await upstream(['sync', '--apply'])
    const changed = { GEMHERALD_RECEIVER_TOKEN: 'canary' }
    register(`${receiverUrl}/canary`, 'rack', 'rails')
    expect((await upstream(['sync'], changed)).stdout).toContain('Nothing is changed yet')
    org.fail(answer(403, 'closed'), { on: /remove/ })
    const failed = await upstream(['sync', '--apply', '--json'], changed)
    expect(failed).toMatchObject({
      code: 1,
      stderr:
        'gemherald: rack (at an earlier URL of this server) was not removed: closed\n… and 1 more was not tried: run it again\n',
    })
    expect(JSON.parse(failed.stdout).failed).toEqual([
      { action: 'remove_earlier', gem: 'rack', text: 'closed' },
      { action: 'remove_earlier', gem: 'rails', text: 'not tried after that.' },
    ])
    org.mend()
    await upstream(['sync', '--apply'], changed)
    expect(registered()).toEqual([])
  })

  it('says in one line how much was not tried', async () => {
    const names = Array.from({ length: 60 }, (_, at) => `gem-${at}`)
    register(receiverUrl, ...names)
    org.fail(faults.throttled(600), { on: /remove/ })
    const done = await upstream(['sync', '--apply', '--json'])
    expect(done.code).toBe(1)
    expect(done.stderr.split('\n').slice(1)).toEqual(['… and 60 more were not tried: run it again', ''])
    expect(JSON.parse(done.stdout).failed).toHaveLength(61)
  })

  it('puts a refusal into a sentence, and leaves it as it was in JSON', async () => {
    const literal = '["Url does not appear to be a valid URL", "Url can\'t be blank"]'
    org.fail((request, truth) =>
      request.method === 'POST' ? { ...truth, status: 409, body: literal } : truth,
    )
    const done = await upstream(['sync', '--apply', '--json'])
    expect(done.stderr).toBe(
      "gemherald: rack was not added: Url does not appear to be a valid URL; Url can't be blank.\n",
    )
    expect(JSON.parse(done.stdout).failed).toEqual([{ action: 'add', gem: 'rack', text: literal }])
  })

  it('goes over to * and back', async () => {
    await upstream(['sync', '--apply', '--global-above', '1'])
    expect(registered()).toEqual(['*'])
    expect((await upstream(['sync', '--apply'])).stdout).toMatch(/^\+ rack\n\+ rails\n- \*\n= 0 unchanged\n/)
    expect(registered()).toEqual(['rack', 'rails'])
    want('*')
    const done = await upstream(['sync', '--apply', '--json'])
    expect(JSON.parse(done.stdout)).toEqual({
      add: ['*'],
      remove: ['rack', 'rails'],
      remove_earlier: [],
      unchanged: [],
      applied: true,
      failed: [],
    })
  })

  it('goes on after a gem that the upstream does not know, and fails', async () => {
    want('nosuch')
    const done = await upstream(['sync', '--apply'])
    expect(done.code).toBe(1)
    expect(done.stderr).toBe('gemherald: nosuch was not added: This gem could not be found: nosuch.\n')
    expect(registered()).toEqual(['rack', 'rails'])
    expect(temp.ledger.upstreams.hooks(org.url).map(({ gemName }) => gemName)).toEqual(['rack', 'rails'])
    const again = await upstream(['sync', '--apply', '--json'])
    expect(again.code).toBe(1)
    expect(JSON.parse(again.stdout)).toEqual({
      add: ['nosuch'],
      remove: [],
      remove_earlier: [],
      unchanged: ['rack', 'rails'],
      applied: true,
      failed: [{ action: 'add', gem: 'nosuch', text: 'This gem could not be found: nosuch.' }],
    })
  })

  it('stops in the middle when the upstream takes no more', async () => {
    org.fail(faults.throttled(600), { on: /remove/ })
    register(receiverUrl, 'thor')
    const done = await upstream(['sync', '--apply'])
    expect(done).toMatchObject({
      code: 1,
      stderr: `gemherald: rake was not removed: ${new URL(org.url).host} takes no more for 600 s: Retry later\n… and 1 more was not tried: run it again\n`,
    })
    expect(registered()).toEqual(['rack', 'rails', 'rake', 'thor'])
    org.mend()
    expect((await upstream(['sync', '--apply'])).code).toBe(0)
    expect(registered()).toEqual(['rack', 'rails'])
  })

  it.each([
    ['the upstream is away', faults.serverError, 'was answered 500: Internal Server Error'],
    ['it answers garbage', faults.garbage, ''],
    [
      'the key may not list',
      answer(403, 'This API key cannot perform the specified action.'),
      'This API key cannot',
    ],
  ])('fails without a plan when %s', async (_, fault, text) => {
    org.fail(fault)
    const failed = await upstream(['sync', '--apply'])
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    // Reads are tried three times, so progress may have been shown.
    expect(failed.stderr.split('\n').at(-2)).toMatch(/^gemherald: /)
    expect(failed.stderr).toContain(text)
  })

  it('needs a ledger', async () => {
    const failed = await upstream(['sync'], { DATA_DIR: empty })
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    expect(failed.stderr).toMatch(/^gemherald: DATA_DIR .* has no ledger: .*\n$/)
  })

  it('uses where the server listens for an upstream on this machine', async () => {
    const planned = await upstream(['sync', '--apply'], { PUBLIC_URL: undefined, PORT: '8799' })
    expect(planned).toMatchObject({ code: 0, stderr: '' })
    expect(registered('http://127.0.0.1:8799/webhooks/rubygems')).toEqual(['rack', 'rails'])
  })

  it('wants PUBLIC_URL when the port is not known', async () => {
    const failed = await upstream(['sync'], { PUBLIC_URL: undefined, PORT: '0' })
    expect(failed).toMatchObject({ code: 2, stdout: '' })
    expect(failed.stderr).toMatch(/^gemherald: With PORT=0 .* set PUBLIC_URL .*\n$/)
  })

  it('wants PUBLIC_URL when the upstream could not reach this server', async () => {
    // No such name resolves to anything: nothing is asked of anybody.
    const env = { PUBLIC_URL: undefined, RUBYGEMS_HOST: 'http://upstream.invalid' }
    const hint =
      'gemherald: upstream.invalid will refuse to deliver to http://127.0.0.1:8790: set PUBLIC_URL to how the world reaches this server.\n'
    expect(await upstream(['sync', '--apply'], env)).toEqual({ code: 2, stdout: '', stderr: hint })
    const planned = await upstream(['sync'], env)
    expect(planned.code).toBe(1)
    expect(planned.stderr.startsWith(hint)).toBe(true)
  })
})

describe('the key', () => {
  it.each([
    [['list']],
    [['add', 'rails', foreignUrl]],
    [['remove', 'rails', foreignUrl]],
    [['fire', 'rails', foreignUrl]],
    [['sync']],
  ])('%j needs one', async (args) => {
    const failed = await upstream(args, { RUBYGEMS_API_KEY: undefined })
    expect(failed).toMatchObject({ code: 2, stdout: '' })
    expect(failed.stderr).toMatch(/^gemherald: RUBYGEMS_API_KEY is not set: .*\n$/)
    expect(org.count()).toBe(0)
  })

  it('is not repeated when the upstream does not know it', async () => {
    const failed = await upstream(['list'], { RUBYGEMS_API_KEY: 'rubygems_canary' })
    expect(failed.code).toBe(1)
    expect(failed.stderr).toContain('does not accept RUBYGEMS_API_KEY: Access Denied.')
    expect(failed.stderr).not.toContain('canary')
  })

  it('goes only where the outbound guard lets it', async () => {
    const failed = await upstream(['list'], { OUTBOUND_ALLOW: '' })
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    expect(org.count()).toBe(0)
  })
})

describe('usage', () => {
  it.each([
    [['add', 'rails'], "missing required argument 'url'"],
    [['remove'], "missing required argument 'gem'"],
    [['sync', 'rails'], 'too many arguments'],
    [['sync', '--global-above', '-1'], 'It must be a whole number, 0 or more.'],
    [['sync', '--global-above', '1e3'], 'It must be a whole number, 0 or more.'],
    [['add', '', foreignUrl], "Give the name of a gem, or '*' for all."],
    [['add', ' ', foreignUrl], "Give the name of a gem, or '*' for all."],
    [['remove', 'rails', ''], 'Give the URL of the hook.'],
    [['fire', '', ''], "Give the name of a gem, or '*' for all."],
    [['calibrate', '--gem', ''], "Give the name of a gem, or '*' for all."],
    [['frob'], "unknown command 'frob'"],
    [[], 'Usage: gemherald upstream'],
  ])('%j is wrong', async (args, text) => {
    const ended = await upstream(args)
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain(text)
    expect(org.count()).toBe(0)
  })

  it.each([[[]], [['list']], [['add']], [['remove']], [['fire']], [['sync']], [['calibrate']]])(
    '%j has help with examples',
    async (args) => {
      const ended = await upstream([...args, '--help'])
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      expect(ended.stdout).toContain('Examples:\n  $ ')
    },
  )
})
