import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'

/** Whether this machine has strace and lets us watch a process's system calls with it. */
export function canTrace(): boolean {
  return spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0
}

/** Lets strace watch a process and all its threads, from now on until `end`. `args` are strace's own. */
export async function attachStrace(pid: number, args: string[]): Promise<{ end(): Promise<unknown> }> {
  const strace = spawn('strace', ['-f', ...args, '-p', `${pid}`], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(strace, 'close')
  // Its first words say that it is attached. What it says later must not fill the pipe.
  await once(strace.stderr, 'data')
  strace.stderr.resume()
  return {
    end: () => {
      strace.kill('SIGINT')
      return ended
    },
  }
}
