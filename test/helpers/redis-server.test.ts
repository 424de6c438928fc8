import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { packageRoot } from '../../src/about.js'
import { type RedisServer, redisHalf, startRedis } from './redis-server.js'

describe.runIf(redisHalf)('startRedis', () => {
  const servers: RedisServer[] = []
  const clients: Redis[] = []
  const folders: string[] = []
  const processes: ChildProcess[] = []

  afterEach(async () => {
    vi.unstubAllEnvs()
    for (const child of processes.splice(0)) child.kill('SIGKILL')
    for (const client of clients.splice(0)) client.disconnect()
    await Promise.all(servers.splice(0).map((server) => server.stop()))
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
  })

  it('starts a server that answers, evicts nothing and persists nothing', async () => {
    const redis = client(await start())
    expect(await redis.ping()).toBe('PONG')
    expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction'])
    expect(await redis.config('GET', 'save')).toEqual(['save', ''])
    expect(await redis.config('GET', 'bind')).toEqual(['bind', '127.0.0.1'])
  })

  it('starts several at once, each on a port of its own', async () => {
    const ports = (await Promise.all([start(), start(), start()])).map(({ port }) => port)
    expect(new Set(ports).size).toBe(3)
  })

  it('forgets everything on flush', async () => {
    const server = await start()
    const redis = client(server)
    await redis.set('key', 'value')
    await server.flush()
    expect(await redis.get('key')).toBeNull()
  })

  it('is gone after kill, and back, empty, on the same port after restart', async () => {
    const server = await start()
    await client(server).set('key', 'value')
    await server.kill()
    await expect(answers(server)).resolves.toBe(false)
    await server.restart()
    expect(await client(server).get('key')).toBeNull()
  })

  it('keeps its folder across restarts, so an append-only file survives', async () => {
    const server = await start(['--appendonly', 'yes', '--appendfsync', 'always'])
    await client(server).set('key', 'value')
    await server.restart()
    expect(await client(server).get('key')).toBe('value')
  })

  it('removes its folder on stop, also when it was killed before, and can be stopped twice', async () => {
    const server = await start()
    const dir = await folderOf(client(server))
    expect(existsSync(dir)).toBe(true)
    await server.kill()
    await server.stop()
    await server.stop()
    expect(existsSync(dir)).toBe(false)
  })

  it('says what redis-server said when it does not start, and leaves no folder', async () => {
    const folder = temporaryFolder()
    vi.stubEnv('TMPDIR', folder)
    await expect(startRedis({ args: ['--no-such-option', 'yes'] })).rejects.toThrow(/no-such-option/)
    expect(readdirSync(folder)).toEqual([])
  })

  it('takes the server and its folder down with a process that is killed', async () => {
    const server = await startInOtherProcess(temporaryFolder())
    const dir = await folderOf(client(server))
    expect(existsSync(dir)).toBe(true)
    server.process.kill('SIGKILL')
    await vi.waitUntil(async () => !existsSync(dir) && !(await answers(server)), { timeout: 10_000 })
  })

  async function start(args: string[] = []): Promise<RedisServer> {
    const server = await startRedis({ args })
    servers.push(server)
    return server
  }

  function client({ port }: { port: number }): Redis {
    const redis = new Redis(port, '127.0.0.1')
    redis.on('error', () => {}) // the tests take the server away from under it
    clients.push(redis)
    return redis
  }

  // Compiled first, so that plain Node.js can run the helper in a process that the test may kill.
  async function startInOtherProcess(folder: string) {
    const tsc = join(packageRoot, 'node_modules/typescript/bin/tsc')
    const options = '--ignoreConfig --noCheck --module nodenext --target es2023 --outDir'.split(' ')
    const helper = join(packageRoot, 'test/helpers/redis-server.ts')
    execFileSync(process.execPath, [tsc, ...options, folder, helper])
    const main = join(folder, 'main.mjs')
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(
      main,
      "import { startRedis } from './redis-server.js'\nconsole.log((await startRedis()).port)\n",
    )
    const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] })
    processes.push(child)
    const [port] = await once(child.stdout, 'data')
    return { process: child, port: Number(port) }
  }

  function temporaryFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'gemherald-test-'))
    folders.push(folder)
    return folder
  }
})

function answers({ port }: { port: number }): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  return once(socket, 'connect').then(
    () => !!socket.destroy(),
    () => false,
  )
}

async function folderOf(redis: Redis): Promise<string> {
  const [, dir] = (await redis.config('GET', 'dir')) as [string, string]
  return dir
}
