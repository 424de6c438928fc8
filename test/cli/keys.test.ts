import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/about.js'
import { addKeys } from '../../src/cli/keys.js'
import { hashKey } from '../../src/secret.js'
import { apiKey, clientOf, startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { type GemheraldProcess, runServer, temporaryFolder } from '../helpers/process.js'
import { authorizationFor, secrets } from '../helpers/webhooks.js'
import { type Ended, runCommand } from './run-command.js'

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

function keys(args: string[], env: Record<string, string | undefined> = {}): Promise<Ended> {
  return runCommand(addKeys, ['keys', ...args], {
    DATA_DIR: folder.path,
    GEMHERALD_API_KEY: undefined,
    GEMHERALD_SECRET: undefined,
    ...env,
  })
}
async function created(args: string[], env: Record<string, string> = {}): Promise<string> {
  const ended = await keys(['create', ...args], env)
  if (ended.code !== 0) throw new Error(ended.stderr)
  return ended.stdout.trim()
}
const states = async () =>
  (await keys(['list'])).stdout
    .replace(/\t[^\n]*\t/g, ' ')
    .split('\n')
    .slice(0, -1)

const hooksOf = async (url: string, key: string) => {
  const answer = await fetch(`${url}/api/v1/web_hooks.json`, { headers: { authorization: key } })
  return answer.status === 200 ? await answer.json() : answer.status
}

describe('keys before the first start', () => {
  let server: GemheraldProcess | undefined
  afterEach(() => server?.end('SIGKILL'))
  const start = async () => {
    const started = await runServer({ DATA_DIR: folder.path })
    server = started
    return started
  }

  it('are made with a ledger and a secret, and the server takes them', async () => {
    const key = await created(['team-a'])
    expect(readdirSync(folder.path).sort()).toEqual(['ledger.db', 'secret', 'server.lock'])
    expect(statSync(`${folder.path}/secret`).mode & 0o777).toBe(0o600)
    const { url, prints } = await start()
    expect(await hooksOf(url, key)).toEqual({})
    await prints(/API key +gh_/)
  })

  it('of account default make the server’s own first key unnecessary', async () => {
    const key = await created(['default'])
    const { url, printed, prints } = await start()
    await prints(/email/)
    expect(await hooksOf(url, key)).toEqual({})
    expect(printed()).not.toMatch(/^ *API key/m)
  })

  it('make no secret file where GEMHERALD_SECRET is set', async () => {
    await created(['team-a'], { GEMHERALD_SECRET: 'the secret of the server' })
    expect(existsSync(`${folder.path}/secret`)).toBe(false)
  })

  it.each([[['list']], [['revoke', 'team-a']]])('%j finds no ledger and makes none', async (args) => {
    expect(await keys(args)).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('has no ledger'),
    })
    expect(readdirSync(folder.path)).toEqual([])
  })
})

describe('keys beside a running server', () => {
  let server: GemheraldProcess & { url: string }
  beforeEach(async () => {
    server = await runServer({ DATA_DIR: folder.path, GEMHERALD_API_KEY: apiKey })
  })
  afterEach(() => server.end('SIGKILL'))

  it('are accepted and refused at once', async () => {
    const [first, second] = [await created(['team-a']), await created(['team-a/laptop'])]
    expect(await hooksOf(server.url, first)).toEqual({})
    expect(await hooksOf(server.url, second)).toEqual({})
    expect(await keys(['revoke', 'team-a/1'])).toEqual({ code: 0, stdout: 'Revoked team-a/1.\n', stderr: '' })
    expect(await hooksOf(server.url, first)).toBe(401)
    expect(await hooksOf(server.url, second)).toEqual({})
    expect(await states()).toEqual([
      'default/GEMHERALD_API_KEY valid',
      'team-a/1 revoked',
      'team-a/laptop valid',
    ])
  })

  it('are listed with their times, and never as they are', async () => {
    const key = await created(['team-a', '--expires', '2099-01-31'])
    await created(['team-a'])
    await hooksOf(server.url, key)
    const { stdout } = await keys(['list', '--json'])
    const time = expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const unused = { created_at: time, expires_at: null, last_used_at: null, state: 'valid' }
    expect(JSON.parse(stdout)).toEqual([
      { account: 'default', label: 'GEMHERALD_API_KEY', ...unused },
      { account: 'team-a', label: '1', ...unused, expires_at: '2099-01-31T00:00:00Z', last_used_at: time },
      { account: 'team-a', label: '2', ...unused },
    ])
    const listed = stdout + (await keys(['list'])).stdout
    for (const secret of [key, hashKey(key), apiKey, hashKey(apiKey)]) expect(listed).not.toContain(secret)
  })

  it('of the environment stay, and the command says what takes them away', async () => {
    const kept = {
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('unset it there and start the server'),
    }
    expect(await keys(['revoke', 'default/GEMHERALD_API_KEY'])).toEqual(kept)
    expect(await keys(['revoke', 'default'])).toEqual(kept)
    expect(await hooksOf(server.url, apiKey)).toEqual({})
  })

  it('of the environment stay when all are revoked, and the command says so', async () => {
    const key = await created(['default'])
    const kept = {
      code: 1,
      stderr: expect.stringMatching(
        /^gemherald: The key default\/GEMHERALD_API_KEY is still valid: .* unset it .* start .* again\.\n$/,
      ),
    }
    expect(await keys(['revoke', 'default', '--all'])).toEqual({ ...kept, stdout: 'Revoked default/1.\n' })
    expect(await hooksOf(server.url, key)).toBe(401)
    expect(await hooksOf(server.url, apiKey)).toEqual({})
    await created(['default'])
    expect(await keys(['revoke', 'default', '--all', '--json'])).toEqual({
      ...kept,
      stdout: '[{"account":"default","label":"2"}]\n',
    })
  })

  it('may be many at once', async () => {
    // One after another, since a command has its process to itself; the server writes meanwhile.
    const client = clientOf(server.url)
    const pushes = Array.from({ length: 50 }, (_, i) => client.pushRelease('rails', `1.${i}`))
    const made = new Set<string>()
    for (let i = 0; i < 20; i++) made.add(await created(['team-a']))
    await Promise.all(pushes)
    expect(made.size).toBe(20)
    expect((await states()).at(-1)).toBe('team-a/20 valid')
  })
})

describe('the secret', () => {
  it('must be the one of the keys that are there', async () => {
    await created(['team-a'])
    const before = readFileSync(`${folder.path}/secret`)
    expect(await keys(['create', 'team-a'], { GEMHERALD_SECRET: 'canary of another secret' })).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/another GEMHERALD_SECRET(?!.*canary)/),
    })
    expect(readFileSync(`${folder.path}/secret`)).toEqual(before)
    expect(await states()).toEqual(['team-a/1 valid'])
  })

  it('of a server that has it from its environment must be given', async () => {
    await created(['team-a'], { GEMHERALD_SECRET: 'the secret of the server' })
    expect(await keys(['create', 'team-a'])).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('GEMHERALD_SECRET is not set'),
    })
    expect(existsSync(`${folder.path}/secret`)).toBe(false)
  })
})

describe('what is printed', () => {
  it('is the key alone on stdout, and on stderr that it is not shown again', async () => {
    const ended = await keys(['create', 'ci', '--expires', '2099-01-31'])
    expect(ended.stdout).toMatch(/^gh_[\w-]{43}\n$/)
    expect(ended.stderr).toBe(
      'This is the API key ci/1, valid until 2099-01-31T00:00:00Z. It is not shown again.\n',
    )
    expect((await keys(['create', 'ci'])).stderr).toContain('ci/2, valid. It is not shown again.')
  })

  it('is JSON when asked', async () => {
    const json = async (args: string[]) => JSON.parse((await keys([...args, '--json'])).stdout)
    expect(await json(['create', 'ci/x'])).toEqual({
      account: 'ci',
      label: 'x',
      key: expect.stringMatching(/^gh_/),
      expires_at: null,
    })
    await created(['ci/y', '--expires', '2099-01-31'])
    expect(await json(['revoke', 'ci', '--all'])).toEqual([
      { account: 'ci', label: 'x' },
      { account: 'ci', label: 'y' },
    ])
  })

  it.each([
    ['revoke', 'temm-a', 'There is no account temm-a with keys. Did you mean team-a?'],
    ['revoke', 'team-a/latpop', 'There is no key team-a/latpop. Did you mean laptop?'],
    ['revoke', 'nobody', 'There is no account nobody with keys.'],
    ['revoke', 'team-a', 'has 2 valid keys, team-a/laptop, team-a/1: name one, or say --all.'],
    ['create', 'team-a/laptop', 'choose another label'],
  ])('for %s %s is %s', async (command, name, text) => {
    await created(['team-a/laptop'])
    await created(['team-a'])
    const ended = await keys([command, name])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toContain(text)
    expect(ended.stderr.match(/\n/g)).toHaveLength(1)
  })

  it.each([
    [['create'], "missing required argument 'name'"],
    [['create', ''], 'letters, digits'],
    [['create', 'team a'], 'letters, digits'],
    [['create', 'team-a/'], 'letters, digits'],
    [['create', '/laptop'], 'letters, digits'],
    [['create', 'team-a/my/laptop'], 'letters, digits'],
    [['create', 'é'], 'letters, digits'],
    [['create', '--', '--json'], 'letters, digits'],
    [['create', 'team-a/-x'], 'letters, digits'],
    [['create', '.team'], 'letters, digits'],
    [['create', 'a'.repeat(65)], 'letters, digits'],
    [['create', 'team-a/GEMHERALD_API_KEY'], 'kept for the key from the environment'],
    [['create', 'team-a', '--expires', 'never'], 'in the future'],
    [['create', 'team-a', '--expires', '2020-01-01'], 'in the future'],
    [['create', 'team-a', 'team-b'], 'too many arguments'],
    [['revoke'], "missing required argument 'name'"],
    [['revoke', 'team-a/laptop', '--all'], '--all goes with an account'],
    [['list', 'team-a'], 'too many arguments'],
    [['frob'], "unknown command 'frob'"],
    [[], 'Usage: '],
  ])('for %j is that it is wrong', async (args, text) => {
    const ended = await keys(args)
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain(text)
  })

  it.each([[[]], [['create']], [['list']], [['revoke']]])('for %j --help are examples', async (args) => {
    const ended = await keys([...args, '--help'])
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toContain('Examples:\n  $ ')
  })

  it('in the help of create is which key signs', async () => {
    expect((await keys(['create', '--help'])).stdout).toMatch(
      /oldest valid key.*default GEMHERALD_API_KEY.*first/,
    )
  })

  it('for a label of 64 letters is its key', async () => {
    expect(await created([`${'a'.repeat(64)}/${'b'.repeat(64)}`])).toMatch(/^gh_/)
  })

  it('for wrong settings is what is wrong', async () => {
    expect(await keys(['list'], { PORT: 'eighty' })).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('output that is lost', () => {
  const run = (redirection: string, args: string[]) =>
    spawnSync(
      'sh',
      ['-c', `"$0" "$@" ${redirection}`, process.execPath, join(packageRoot, 'bin/gemherald'), ...args],
      { env: { PATH: process.env.PATH, DATA_DIR: folder.path }, encoding: 'utf8' },
    )
  const diskFull = 'gemherald: Cannot write the output: no space left on device.\n'
  const takenBack = 'gemherald: The API key t/full could not be shown and is revoked again.\n'
  const onFullDisk = it.runIf(existsSync('/dev/full'))

  onFullDisk.each([[['list']], [['list', '--json']], [['revoke', 't', '--all']]])(
    'on a full disk ends %j with one sentence',
    async (args) => {
      for (const name of ['t/a', 't/b']) await created([name])
      expect(run('>/dev/full', ['keys', ...args])).toMatchObject({ status: 1, stderr: diskFull })
    },
  )

  onFullDisk.each([[[]], [['--json']]])('on a full disk revokes a new key again: %j', async (more) => {
    expect(run('>/dev/full', ['keys', 'create', 't/full', ...more])).toMatchObject({
      status: 1,
      stderr: diskFull + takenBack,
    })
    expect(await states()).toEqual(['t/full revoked'])
  })

  it('in a pipe that nobody reads revokes a new key again', async () => {
    const child = spawn(process.execPath, [join(packageRoot, 'bin/gemherald'), 'keys', 'create', 't/full'], {
      env: { PATH: process.env.PATH, DATA_DIR: folder.path },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.destroy()
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
    expect({ code, stderr }).toEqual({ code: 1, stderr: takenBack })
    expect(await states()).toEqual(['t/full revoked'])
  })
})

describe('accounts', () => {
  let server: TestGemherald
  let sink: HttpSink
  let now: number
  beforeEach(async () => {
    now = Date.now()
    server = await startGemherald({ dataDir: folder.path, now: () => now })
    sink = await startHttpSink()
  })
  afterEach(async () => {
    await server.stop()
    await sink.close()
  })

  /** One call to the hook API; its status. */
  async function call(key: string, method: 'POST' | 'DELETE', path: string, url: string): Promise<number> {
    const query = new URLSearchParams({ gem_name: 'rails', url })
    const answer = await fetch(`${server.url}/api/v1/web_hooks${path}?${query}`, {
      method,
      headers: { authorization: key },
    })
    await answer.text()
    return answer.status
  }
  const add = (key: string, url = sink.url) => call(key, 'POST', '', url)
  const remove = (key: string, url = sink.url) => call(key, 'DELETE', '/remove', url)
  /** Pushes a release; the secrets of those that the messages about it are signed with. */
  async function signers(version: string, candidates: Record<string, string>, count = 1): Promise<string[]> {
    sink.received.length = 0
    expect((await server.pushRelease('rails', version)).status).toBe(202)
    await sink.waitFor(count)
    const found = sink.received.map(({ headers: { authorization } }) =>
      Object.keys(candidates).find(
        (name) => authorizationFor('rails', version, candidates[name] ?? '') === authorization,
      ),
    )
    return found.map(String).sort()
  }

  it('see and touch only their own hooks', async () => {
    const [a, b] = [await created(['team-a']), await created(['team-b'])]
    expect(await add(a)).toBe(201)
    expect(await hooksOf(server.url, b)).toEqual({})
    expect(await remove(b)).toBe(404)
    expect(await add(b)).toBe(201)
    expect(await add(b)).toBe(409)
    expect(await signers('1.0', { a, b }, 2)).toEqual(['a', 'b'])
    expect(await remove(a)).toBe(200)
    expect(await hooksOf(server.url, a)).toEqual({})
    expect(await hooksOf(server.url, b)).toMatchObject({ rails: [{ url: sink.url }] })
    expect(await hooksOf(server.url, apiKey)).toEqual({})
    expect(await signers('2.0', { a, b })).toEqual(['b'])
  })

  it('rotate their keys: the oldest valid one signs, and either may be used', async () => {
    const first = await created(['team-a'])
    expect(await add(first)).toBe(201)
    const second = await created(['team-a'])
    expect(await hooksOf(server.url, second)).toMatchObject({ rails: [{ url: sink.url }] })
    expect(await signers('1.0', { first, second })).toEqual(['first'])
    expect(await keys(['revoke', 'team-a/1'])).toMatchObject({ code: 0 })
    expect(await hooksOf(server.url, first)).toBe(401)
    expect(await hooksOf(server.url, second)).toMatchObject({ rails: [{ url: sink.url }] })
    expect(await signers('2.0', { first, second })).toEqual(['second'])
  })

  it('have an expired key refused at once, and the next one signs', async () => {
    const first = await created(['team-a', '--expires', '1h'])
    const second = await created(['team-a', '--expires', '2h'])
    await add(first)
    expect(await signers('1.0', { first, second })).toEqual(['first'])
    now += 3_600_000 + 1_000
    expect(await hooksOf(server.url, first)).toBe(401)
    expect(await signers('2.0', { first, second })).toEqual(['second'])
  })

  it.each([
    ['expired', 3_600_000 + 1_000, ['list']],
    ['revoked', 0, ['revoke', 'team-a']],
  ])(
    'get what they are owed when their last key is %s, signed with it, and are refused',
    async (_, later, command) => {
      const key = await created(['team-a', '--expires', '1h'])
      await add(key)
      now += later
      expect(await keys(command)).toMatchObject({ code: 0 })
      expect(await hooksOf(server.url, key)).toBe(401)
      expect(await add(key, `${sink.url}/more`)).toBe(401)
      expect(await remove(key)).toBe(401)
      expect(await signers('1.0', { key, other: secrets.modern })).toEqual(['key'])
      const next = await created(['team-a'])
      expect(await signers('2.0', { key, next })).toEqual(['next'])
      expect(await hooksOf(server.url, next)).toMatchObject({ rails: [{ url: sink.url }] })
    },
  )
})
