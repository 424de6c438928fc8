import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packageRoot, version } from '../../src/about.js'
import { apiKey, clientOf } from '../helpers/gemherald.js'
import { startHttpSink } from '../helpers/http-sink.js'
import { type GemheraldProcess, runGemherald, runServer, temporaryFolder } from '../helpers/process.js'
import { redisHalf, startRedis } from '../helpers/redis-server.js'
import { secrets } from '../helpers/webhooks.js'

let folder: ReturnType<typeof temporaryFolder>
const processes: GemheraldProcess[] = []
const run = (args: string[], env: Record<string, string> = {}) => {
  const started = runGemherald(args, { DATA_DIR: folder.path, ...env })
  processes.push(started)
  return started
}
const serve = async (env: Record<string, string> = {}, args: string[] = []) => {
  const started = await runServer({ DATA_DIR: folder.path, ...env }, args)
  processes.push(started)
  return started
}
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(async () => {
  await Promise.all(processes.splice(0).map((process) => process.end('SIGKILL')))
  folder.remove()
})

describe('gemherald serve', () => {
  it('says where it is, what to register, what it can verify and how it carries', async () => {
    const server = await serve({ RUBYGEMS_API_KEYS: 'one,two', PUBLIC_URL: 'https://gems.example.org/' })
    await server.prints(/transport/)
    expect(server.printed()).toContain(`listens on ${server.url}`)
    expect(server.printed()).toContain('https://gems.example.org/webhooks/rubygems ')
    expect(server.printed()).toContain('2 secrets')
    expect(server.printed()).toContain('in-process')
    expect(server.printed()).toContain('set SMTP_URL and MAIL_FROM')
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'stops on %s although nobody reads its log any more',
    async (signal) => {
      const server = spawn(process.execPath, [join(packageRoot, 'bin/gemherald'), 'serve'], {
        env: { PATH: process.env.PATH, DATA_DIR: folder.path, PORT: '0', CONFIRM: 'off', RECONCILE: 'off' },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const ended = once(server, 'exit')
      await once(server.stdout, 'data')
      server.stdout.destroy()
      server.stderr.destroy()
      server.kill(signal)
      expect(await ended).toEqual([0, null])
    },
  )

  it('needs a key to keep upstream hooks in step', async () => {
    const server = run(['serve'], { UPSTREAM_SYNC: 'auto', RUBYGEMS_API_KEYS: secrets.legacy })
    expect(await server.ended).toBe(2)
    expect(server.printed()).toContain('UPSTREAM_SYNC=auto needs RUBYGEMS_API_KEY')
  })

  describe('without any settings', () => {
    let server: GemheraldProcess & { url: string }
    beforeEach(async () => {
      server = await serve()
    })

    it('says that nothing can be verified, and keeps its data to itself', async () => {
      await server.prints(/until RUBYGEMS_API_KEYS is set/)
      const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)
      expect(mode(folder.path)).toBe('700')
      for (const file of ['secret', 'ledger.db', 'ledger.db-wal'])
        expect(mode(`${folder.path}/${file}`)).toBe('600')
    })

    it('shows a new API key once, and the key works', async () => {
      const [, key = ''] = await server.prints(/(gh_\S+)/)
      const list = (url: string) => fetch(`${url}/api/v1/web_hooks.json`, { headers: { authorization: key } })
      expect(await (await list(server.url)).json()).toEqual({})
      await server.end('SIGTERM')

      const second = await serve()
      await second.prints(/transport/)
      expect(second.printed()).not.toContain('gh_')
      expect((await list(second.url)).status).toBe(200)
    })

    it('leaves its port and its data to no other, which shows its new API key when it starts after all', async () => {
      const same = run(['serve'], { PORT: '0' })
      const other = temporaryFolder()
      const elsewhere = run(['serve'], { DATA_DIR: other.path, PORT: new URL(server.url).port })
      expect(await same.ended).toBe(1)
      expect(same.printed()).toContain('Another gemherald server already works on')
      expect(await elsewhere.ended).toBe(1)
      expect(elsewhere.printed()).toContain('another program has that port')
      expect(elsewhere.printed()).not.toContain('gh_')
      const third = await serve({ DATA_DIR: other.path })
      await third.prints(/(gh_\S+)/)
      await third.end('SIGTERM')
      other.remove()
    })
  })

  it('takes the API key of the account default from the environment', async () => {
    const server = await serve({ GEMHERALD_API_KEY: 'my very own api key' })
    expect(server.printed()).not.toContain('gh_')
    const list = (key: string) =>
      fetch(`${server.url}/api/v1/web_hooks.json`, { headers: { authorization: key } })
    expect((await list('my very own api key')).status).toBe(200)
    await server.end('SIGTERM')

    const rotated = await serve({ GEMHERALD_API_KEY: 'another api key of mine' })
    const status = async (key: string) =>
      (await fetch(`${rotated.url}/api/v1/web_hooks.json`, { headers: { authorization: key } })).status
    expect(await status('my very own api key')).toBe(401)
    expect(await status('another api key of mine')).toBe(200)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with 0 on %s, also when it comes twice at once',
    async (signal) => {
      const sink = await startHttpSink(async () => {
        await new Promise((resolve) => setTimeout(resolve, 500))
        return {}
      })
      const server = await serve({
        RUBYGEMS_API_KEYS: secrets.modern,
        GEMHERALD_API_KEY: apiKey,
        RUBYGEMS_HOST: sink.url,
      })
      const client = clientOf(server.url)
      await client.addHook('rails', `${sink.url}/hook`)
      sink.received.length = 0
      await client.pushRelease('rails', '1.0.0')
      await sink.waitFor(1)
      // npm passes on what the terminal sent already.
      server.end(signal)
      expect(await server.end(signal)).toBe(0)
      expect(server.printed()).not.toContain('failed')
      await sink.close()
    },
  )

  it('says that DATA_DIR cannot be used', async () => {
    writeFileSync(`${folder.path}/ledger.db`, 'no database '.repeat(1000))
    const server = run(['serve'], { PORT: '0' })
    expect(await server.ended).toBe(1)
    expect(server.printed()).toMatch(/^gemherald: DATA_DIR .* cannot be used: .*not a database/)
  })

  it('says that the secret is not the one that the ledger was written with', async () => {
    const first = await serve({ GEMHERALD_SECRET: 'the first secret of all' })
    await first.end('SIGTERM')
    const second = run(['serve'], { PORT: '0', GEMHERALD_SECRET: 'not the first secret' })
    expect(await second.ended).toBe(1)
    expect(second.printed()).toContain('another GEMHERALD_SECRET')
    expect(second.printed()).not.toContain('not the first secret')
  })
})

describe.runIf(redisHalf)('gemherald serve with a Redis that refuses it', () => {
  it('goes on receiving, says why, keeps the password to itself and stops cleanly', async () => {
    const redis = await startRedis()
    const admin = new Redis(redis.url)
    await admin.config('SET', 'requirepass', 'right-password')
    admin.disconnect()
    const url = redis.url.replace('redis://', 'redis://:canary-password@')
    const server = await serve({ REDIS_URL: url, RUBYGEMS_API_KEYS: secrets.modern, LOG_LEVEL: 'trace' })
    const client = clientOf(server.url)
    await server.prints(/does not work/)
    expect((await client.pushRelease('rails', '1.0.0')).status).toBe(202)
    expect(await client.readiness()).toMatchObject({ status: 503 })
    expect(JSON.stringify(await client.readiness())).toMatch(/WRONGPASS/)
    expect(await server.end('SIGTERM')).toBe(0)
    expect(server.printed()).not.toContain('canary')
    await redis.stop()
  })

  it('goes on receiving when its user may not ask for INFO', async () => {
    const redis = await startRedis()
    const admin = new Redis(redis.url)
    await admin.call('ACL', 'SETUSER', 'gh', 'on', '>password', '~*', '&*', '+@all', '-info')
    admin.disconnect()
    const url = redis.url.replace('redis://', 'redis://gh:password@')
    const server = await serve({ REDIS_URL: url, RUBYGEMS_API_KEYS: secrets.modern })
    await server.prints(/NOPERM/)
    expect((await clientOf(server.url).pushRelease('rails', '1.0.0')).status).toBe(202)
    expect(await server.end('SIGTERM')).toBe(0)
    await redis.stop()
  })
})

describe('gemherald worker', () => {
  it('needs REDIS_URL', async () => {
    const worker = run(['worker'])
    expect(await worker.ended).toBe(2)
    expect(worker.printed()).toContain('REDIS_URL')
  })

  it("needs the server's secret", async () => {
    const worker = run(['worker'], { REDIS_URL: 'redis://127.0.0.1:1' })
    expect(await worker.ended).toBe(1)
    expect(worker.printed()).toContain('GEMHERALD_SECRET is not set')
  })

  it.runIf(redisHalf)(
    'works with the secret in DATA_DIR, on the channels it is given, and ends with another one',
    async () => {
      const redis = await startRedis()
      await serve({ REDIS_URL: redis.url }, ['--no-worker'])
      const worker = run(['worker', '--channels', 'slack,email', '--concurrency', '20'], {
        REDIS_URL: redis.url,
      })
      const other = run(['worker'], {
        REDIS_URL: redis.url,
        GEMHERALD_SECRET: 'the secret of another server',
      })
      await worker.prints(/serves slack, email, 20 attempts/)
      expect(await worker.end('SIGTERM')).toBe(0)
      expect(await other.ended).toBe(1)
      expect(other.printed()).toContain('give this worker the same one')
      await redis.stop()
    },
  )
})

describe('gemherald', () => {
  it.each([
    [['--version'], 0, version],
    [['--help'], 0, 'serve'],
    [['serve', '--help'], 0, '--no-worker'],
    [['worker', '--help'], 0, '--concurrency'],
    [['--help'], 0, '$ gemherald upstream sync --apply'],
    [['help', 'upstream', 'sync'], 0, '--global-above'],
    [['help', 'frob'], 2, "unknown command 'frob'"],
    [['help', 'keys', 'frob'], 2, '(gemherald keys --help'],
    [['kyes'], 2, 'Did you mean keys?'],
    [['keys', 'frob', '--help'], 2, 'unknown command'],
    [['hooks', 'add'], 2, 'gemherald: missing required argument'],
    [['frob\u001b[31m'.repeat(100)], 2, '…'],
    [['frob'], 2, 'unknown command'],
    [['frob', '--help'], 2, 'unknown command'],
    [[], 2, 'serve'],
    [['serve', '--frob'], 2, 'unknown option'],
    [['worker', '--channels', 'fax'], 2, '"fax" is no channel'],
    [['worker', '--concurrency', '0'], 2, 'whole number from 1'],
  ])('%j ends with %i and prints %s', async (args, code, text) => {
    const command = run(args)
    expect(await command.ended).toBe(code)
    expect(command.printed()).toContain(text)
  })

  it.each([
    [{ PORT: 'eighty' }, 'PORT must be a whole number'],
    [{ REDIS_URL: 'http://x' }, 'REDIS_URL must be a redis:// or rediss:// URL'],
    [{ OUTBOUND_ALLOW: 'everything' }, 'OUTBOUND_ALLOW'],
  ])('serve with %j ends with 2 and names the variable', async (env, text) => {
    const command = run(['serve'], env as Record<string, string>)
    expect(await command.ended).toBe(2)
    expect(command.printed()).toContain(text)
  })

  it('serve --no-worker without Redis is wrong usage', async () => {
    const command = run(['serve', '--no-worker'])
    expect(await command.ended).toBe(2)
    expect(command.printed()).toContain('--no-worker needs REDIS_URL')
  })
})
