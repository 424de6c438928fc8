import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/about.js'
import { addBackup } from '../../src/cli/backup.js'
import { addRestore } from '../../src/cli/restore.js'
import { openLedger } from '../../src/ledger/ledger.js'
import { apiKey, clientOf } from '../helpers/gemherald.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { type GemheraldProcess, runServer, temporaryFolder } from '../helpers/process.js'
import { until } from '../helpers/wait.js'
import { payloadOf, secrets } from '../helpers/webhooks.js'
import { type Ended, runCommand } from './run-command.js'

let folder: ReturnType<typeof temporaryFolder>
let dataDir: string
let file: string
let sink: HttpSink
const processes: GemheraldProcess[] = []
beforeEach(async () => {
  folder = temporaryFolder()
  dataDir = join(folder.path, 'data')
  file = join(folder.path, 'backup.db')
  sink = await startHttpSink()
})
afterEach(async () => {
  await Promise.all(processes.splice(0).map((process) => process.end('SIGKILL')))
  await sink.close()
  folder.remove()
})

const serve = () => serveIn(dataDir)
async function serveIn(folder: string) {
  const server = await runServer({
    DATA_DIR: folder,
    GEMHERALD_API_KEY: apiKey,
    RUBYGEMS_API_KEYS: secrets.modern,
  })
  processes.push(server)
  return { ...server, ...clientOf(server.url) }
}
const run = (args: string[], env: Record<string, string | undefined> = {}): Promise<Ended> =>
  runCommand(args[0] === 'backup' ? addBackup : addRestore, args, {
    DATA_DIR: dataDir,
    GEMHERALD_SECRET: undefined,
    ...env,
  })

/** What a server with one event left when it was stopped. */
const left = temporaryFolder()
beforeAll(async () => {
  const server = await serveIn(left.path)
  await server.pushRelease('rails', '1.0')
  await server.end('SIGTERM')
})
afterAll(() => left.remove())

function makeLedger(): void {
  cpSync(left.path, dataDir, { recursive: true })
}

describe('gemherald backup', () => {
  it('has every event whole while the server takes thousands, and the server loses none', async () => {
    const server = await serve()
    let sent = 0
    let copied = false
    const answers: number[] = []
    const push = async (): Promise<void> => {
      while (!copied || sent < 2_000) {
        const answer = await server.pushRelease('rails', `1.${sent++}`)
        answers.push(answer.status)
      }
    }
    const pushing = Promise.all(Array.from({ length: 20 }, push))
    await until('events came', () => answers.length > 500)
    const ended = await run(['backup', file, '--json'])
    copied = true
    await pushing
    await server.end('SIGTERM')
    expect(new Set(answers)).toEqual(new Set([202]))

    const said = JSON.parse(ended.stdout)
    expect(said).toEqual({ backup: file, bytes: statSync(file).size, events: expect.any(Number) })
    expect(said.events).toBeGreaterThan(500)
    expect(numbersIn(dataDir)).toHaveLength(sent)
    expect(await run(['restore', file], { DATA_DIR: join(folder.path, 'other') })).toMatchObject({ code: 0 })
    expect(numbersIn(join(folder.path, 'other'))).toHaveLength(said.events)
  }, 60_000)

  /** The numbers of the gem's releases in a ledger, each of which has its payload. */
  function numbersIn(where: string): string[] {
    const opened = openLedger(where)
    if (!opened.ok) throw new Error(opened.problem.message)
    const { releases, close } = opened.value
    const found = releases.ofGem('rails')
    const changed = found.filter(
      ({ eventId, number }) =>
        releases.payload(eventId)?.equals(payloadOf({ name: 'rails', version: number })) !== true,
    )
    close()
    expect(changed).toEqual([])
    return found.map(({ number }) => number)
  }

  it('says where it is, how large, how many events, and what to keep with it', async () => {
    makeLedger()
    expect(await run(['backup', file])).toEqual({
      code: 0,
      stdout: `backup\t${file}\nbytes\t${statSync(file).size}\nevents\t1\nKeep ${join(dataDir, 'secret')} with it: the API keys in it are sealed with that secret.\n`,
      stderr: '',
    })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const other = await run(['backup', `${file}2`], { GEMHERALD_SECRET: 'canary of the secret' })
    expect(other.stdout).toContain('Keep GEMHERALD_SECRET with it')
    expect(other.stdout).not.toContain('canary')
  })

  it('leaves nothing on a full disk', async () => {
    makeLedger()
    // A limit on the size of files ends a write as a full disk does.
    const ended = spawnSync(
      'sh',
      [
        '-c',
        'ulimit -f 64; exec "$0" "$@"',
        process.execPath,
        join(packageRoot, 'bin/gemherald'),
        'backup',
        file,
      ],
      { env: { PATH: process.env.PATH, DATA_DIR: dataDir }, encoding: 'utf8' },
    )
    expect(ended).toMatchObject({ status: 1, stdout: '' })
    expect(ended.stderr).toMatch(/^gemherald: No backup was made at .*\n$/)
    expect(readdirSync(folder.path)).toEqual(['data'])
  })

  it('fails with one sentence', async () => {
    expect(await run(['backup', file])).toMatchObject({ code: 1, stdout: '' })
    makeLedger()
    writeFileSync(file, 'precious')
    for (const path of [file, join(folder.path, 'missing', 'backup.db')]) {
      const ended = await run(['backup', path])
      expect(ended).toMatchObject({ code: 1, stdout: '' })
      expect(ended.stderr).toMatch(/^gemherald: [^\n]+\n$/)
    }
  })
})

describe('gemherald restore', () => {
  it('brings back what was owed, with the same message ids, and the server sends it', async () => {
    sink.answer('hang')
    const first = await serve()
    await first.addHook('rails', sink.url)
    await first.pushRelease('rails', '1.0')
    await sink.waitFor(1)
    const id = sink.received[0]?.headers['webhook-id']
    expect(await run(['backup', file])).toMatchObject({ code: 0 })
    await first.pushRelease('rails', '2.0')
    await first.removeHook('rails', sink.url)
    await first.end('SIGKILL')

    expect(await run(['restore', file])).toMatchObject({ code: 0 })
    sink.received.length = 0
    sink.answer({})
    const second = await serve()
    await sink.waitFor(1, 20_000)
    expect(sink.received[0]?.headers['webhook-id']).toBe(id)
    await second.pushRelease('rails', '2.0')
    await sink.waitFor(2)
    expect(JSON.parse(String(sink.received[1]?.body))).toMatchObject({ name: 'rails', version: '2.0' })
    expect(sink.received[1]?.headers['webhook-id']).not.toBe(id)
  })

  it('says what is where', async () => {
    makeLedger()
    await run(['backup', file])
    const ended = await run(['restore', file])
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const [aside = ''] = readdirSync(dataDir).filter((name) => name.includes('before-restore'))
    const lines = ended.stdout.split('\n')
    expect(lines.slice(0, 3)).toEqual([
      `ledger\t${join(dataDir, 'ledger.db')}`,
      'events\t1',
      `moved to\t${join(dataDir, aside)}`,
    ])
    expect(ended.stdout).toContain('needs the secret that it had')
    const elsewhere = await run(['restore', file, '--json'], { DATA_DIR: join(folder.path, 'new') })
    expect(JSON.parse(elsewhere.stdout)).toEqual({
      ledger: join(folder.path, 'new', 'ledger.db'),
      events: 1,
      moved_to: null,
    })
  })

  it('lets the upstream’s yanks be looked up anew', async () => {
    makeLedger()
    await run(['backup', file])
    const kept = join(dataDir, 'upstream-versions')
    writeFileSync(kept, 'a copy of /versions that is newer than the backup')
    await run(['restore', `${file}.missing`])
    expect(existsSync(kept)).toBe(true)
    expect(await run(['restore', file])).toMatchObject({ code: 0 })
    expect(existsSync(kept)).toBe(false)
  })

  it('fails with one sentence while a server runs, and that goes on', async () => {
    makeLedger()
    await run(['backup', file])
    const server = await serve()
    const ended = await run(['restore', file])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(/^gemherald: A gemherald server works on [^\n]+\n$/)
    expect((await server.pushRelease('rails', '2.0')).status).toBe(202)
    expect(readdirSync(dataDir).filter((name) => name.includes('restor'))).toEqual([])
  })

  it('fails with one sentence on a file that is no ledger', async () => {
    writeFileSync(file, 'no database '.repeat(1000))
    for (const path of [file, `${file}.missing`]) {
      const ended = await run(['restore', path])
      expect(ended).toMatchObject({ code: 1, stdout: '' })
      expect(ended.stderr).toMatch(/^gemherald: [^\n]+\n$/)
    }
  })
})

describe.each(['backup', 'restore'])('gemherald %s', (command) => {
  it.each([[[]], [['']], [['one', 'two']], [['one', '--frob']]])('with %j is wrong usage', async (args) => {
    expect(await run([command, ...args])).toMatchObject({ code: 2, stdout: '' })
  })

  it('with wrong settings ends with 2', async () => {
    expect(await run([command, file], { PORT: 'eighty' })).toMatchObject({ code: 2, stdout: '' })
  })

  it('has help with examples', async () => {
    const ended = await run([command, '--help'])
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toContain('Examples:\n  $ ')
  })
})
