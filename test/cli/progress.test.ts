import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { withProgress } from '../../src/cli/progress.js'
import { Capture } from './terminal.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const seconds = (count: number) => new Promise<void>((resolve) => setTimeout(resolve, count * 1_000))

/** What is written while the work runs that `act` puts under way; `act` moves the clock. */
async function during(
  kind: 'terminal' | 'pipe',
  work: (report: (text: string) => void) => Promise<unknown>,
  length: number,
): Promise<string> {
  const stream = new Capture(kind)
  const done = withProgress('Firing', work, stream)
  await vi.advanceTimersByTimeAsync(length * 1_000)
  await done
  return stream.written()
}

describe('withProgress', () => {
  it('gives what the work gives', async () => {
    const stream = new Capture('pipe')
    expect(await withProgress('Firing', async () => 42, stream)).toBe(42)
  })

  it('throws what the work throws, whether at once or later, and clears up', async () => {
    const stream = new Capture('terminal')
    const bug = new Error('a bug')
    const atOnce = () => {
      throw bug
    }
    await expect(withProgress('Firing', atOnce, stream)).rejects.toBe(bug)
    const late = expect(withProgress('Firing', () => seconds(4.5).then(atOnce), stream)).rejects.toBe(bug)
    await vi.advanceTimersByTimeAsync(4_500)
    await late
    expect(stream.written()).toMatch(/Firing \(4 s\) *\r *\r$/)
  })

  it.each(['terminal', 'pipe'] as const)('says nothing of quick work on a %s', async (kind) => {
    expect(await during(kind, () => seconds(1.9), 1.9)).toBe('')
  })

  it('rewrites one line on a terminal and clears it', async () => {
    const work = async (report: (text: string) => void) => {
      report('a long first report')
      await seconds(2.5)
      report('page 2')
      await seconds(1)
    }
    const first = 'Firing: a long first report (2 s)'
    const second = 'Firing: page 2 (3 s)'
    const blanks = ' '.repeat(first.length - second.length)
    expect(await during('terminal', work, 3.5)).toBe(
      `\r${first}\r${second}${blanks}\r${' '.repeat(second.length)}\r`,
    )
  })

  it('keeps to one line, whatever is reported', async () => {
    const written = await during(
      'terminal',
      async (report) => {
        report(`\u001B[2J\n${'x'.repeat(500)}`)
        await seconds(2.5)
      },
      2.5,
    )
    const [, line = ''] = written.split('\r')
    expect(line).toMatch(/^Firing: \[2J x+… \(2 s\)$/)
    expect(line).toHaveLength(59)
  })

  it('writes a line every ten seconds elsewhere', async () => {
    const work = async (report: (text: string) => void) => {
      await seconds(11)
      report('page 2')
      await seconds(13)
    }
    expect(await during('pipe', work, 24)).toBe(
      'Firing (2 s)\nFiring: page 2 (12 s)\nFiring: page 2 (22 s)\n',
    )
  })
})
