import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** False where no redis-server can be had: tests that need Redis choose with `describe.runIf(redisHalf)`. */
export const redisHalf = process.env.GEMHERALD_TEST_REDIS !== 'off'

/** A redis-server of the test's own, on 127.0.0.1, that remembers nothing across restarts unless told to. */
export interface RedisServer {
  readonly url: string
  readonly port: number
  /** Kills the server with SIGKILL and waits until it is gone. */
  kill(): Promise<void>
  /** Kills the server if it runs, then starts it again on the same port, in the same folder. */
  restart(): Promise<void>
  /** FLUSHALL. */
  flush(): Promise<void>
  /** Kills the server and removes its folder. It cannot be restarted after that. */
  stop(): Promise<void>
}

/**
 * Starts a redis-server on a free port and waits until it answers. `args` are added to its command line, for
 * example `['--appendonly', 'yes']`. The server dies with this process, however that ends. Rejects when there is
 * no redis-server on PATH or it does not accept the arguments.
 */
export async function startRedis({ args = [] }: { args?: string[] } = {}): Promise<RedisServer> {
  const dir = mkdtempSync(join(tmpdir(), 'gemherald-redis-'))
  const guard = startGuard(dir)
  const launch = (port: number) => launchServer(port, dir, args, guard)
  const first = await launchOnFreePort(launch).catch(async (error) => {
    await guard.end()
    throw error
  })
  const { port } = first
  let server = first.server
  const kill = () => killServer(server)

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    restart: async () => {
      await kill()
      server = await launch(port)
    },
    flush: () => ask(port, 'FLUSHALL', '+OK'),
    stop: async () => {
      await kill()
      await guard.end()
    },
  }
}

interface Guard {
  /** Says which server to kill, if any, when this process ends. */
  watch(pid: number | undefined): void
  /** Ends the guard, which removes the server's folder. */
  end(): Promise<void>
}

// A shell that waits until this process has closed its standard input, on purpose or by dying (SIGKILL included),
// then kills the server it was last told of and removes the folder. In a process group of its own, Ctrl-C in
// the terminal does not reach it.
function startGuard(dir: string): Guard {
  const script = 'while read -r line; do pid=$line; done; [ -z "$pid" ] || kill -9 "$pid"; rm -rf "$1"'
  const shell = spawn('sh', ['-c', script, 'guard', dir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const gone = once(shell, 'exit')
  return {
    watch: (pid) => void shell.stdin.write(`${pid ?? ''}\n`),
    end: async () => {
      shell.stdin.end()
      await gone
    },
  }
}

// Below 32768, where Linux and macOS take no ports for outgoing connections: a client that reconnects to a server
// that is down could otherwise be given the very port it calls, and the server could not come back.
async function launchOnFreePort(launch: (port: number) => Promise<ChildProcess>, tries = 20) {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000)
    try {
      return { port, server: await launch(port) }
    } catch (error) {
      if (--tries === 0 || !String(error).includes('Address already in use')) throw error
    }
  }
}

async function launchServer(port: number, dir: string, args: string[], guard: Guard) {
  const own = ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', dir]
  const rules = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction']
  const server = spawn('redis-server', [...own, ...rules, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  guard.watch(server.pid)
  server.once('exit', () => guard.watch(undefined))
  await readyToAccept(server)
  await ask(port, 'PING', '+PONG')
  return server
}

// Its own word, and not just an answer on the port: that could come from another server that was there before.
function readyToAccept(server: ChildProcess): Promise<void> {
  let output = ''
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk
      if (output.includes('Ready to accept connections')) resolve()
    }
    server.stdout?.on('data', read)
    server.stderr?.on('data', read)
    server.once('close', () => reject(new Error(`redis-server did not start:\n${output}`)))
    server.once('error', (cause) =>
      reject(new Error('redis-server did not start: is it on PATH?', { cause })),
    )
  })
}

async function killServer(server: ChildProcess) {
  if (server.exitCode !== null || server.signalCode !== null) return
  const gone = once(server, 'exit')
  server.kill('SIGKILL')
  await gone
}

// Speaks Redis' inline protocol by itself, so that the tests of a Redis client do not rest on that client.
function ask(port: number, command: string, answer: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`redis-server did not answer ${command}`)))
    socket.once('data', (data) => {
      socket.destroy()
      if (String(data).startsWith(answer)) resolve()
      else reject(new Error(`redis-server answered ${command} with: ${data}`))
    })
  })
}
