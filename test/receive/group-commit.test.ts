import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Arrival, Receipt } from '../../src/ledger/arrivals.js'
import { createGroupCommit } from '../../src/receive/group-commit.js'

function arrival(number: number): Arrival {
  return {
    gemName: 'a',
    number: String(number),
    platform: 'ruby',
    yanked: false,
    payload: Buffer.alloc(0),
    receivedAt: 0,
    createdAt: 0,
    source: 'webhook',
    toCheck: false,
  }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** Keeps arrivals in memory and answers each with its own number as the event id. */
function memory() {
  const commits: number[][] = []
  let announced = 0
  const keep = createGroupCommit(
    (arrivals) => {
      commits.push(arrivals.map(({ number }) => Number(number)))
      return arrivals.map(({ number }): Receipt => ({ status: 'pushed', eventId: Number(number) }))
    },
    () => {
      announced += 1
    },
  )
  return { commits, keep, announced: () => announced }
}

const eventIds = (receipts: Receipt[]) =>
  receipts.map((receipt) => ('eventId' in receipt ? receipt.eventId : receipt.status))
afterEach(() => {
  vi.useRealTimers()
})

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

describe('group commit', () => {
  it('keeps one arrival in one commit', async () => {
    const { keep, commits, announced } = memory()
    expect(await keep(arrival(1))).toEqual({ status: 'pushed', eventId: 1 })
    expect(commits).toEqual([[1]])
    expect(announced()).toBe(1)
  })

  it('keeps 50 that come at once in one commit, in order, and answers each with its own receipt', async () => {
    const { keep, commits, announced } = memory()
    expect(eventIds(await Promise.all(numbers(50).map((n) => keep(arrival(n)))))).toEqual(numbers(50))
    expect(commits).toEqual([numbers(50)])
    expect(announced()).toBe(1)
  })

  it('keeps at most 256 in one commit, and still all of them in order', async () => {
    const { keep, commits } = memory()
    expect(eventIds(await Promise.all(numbers(600).map((n) => keep(arrival(n)))))).toEqual(numbers(600))
    expect(commits.map((batch) => batch.length)).toEqual([256, 256, 88])
    expect(commits.flat()).toEqual(numbers(600))
  })

  it('keeps what comes in turn after turn, in order, each once', async () => {
    const { keep, commits } = memory()
    const kept: Promise<Receipt>[] = []
    for (const n of numbers(900)) {
      kept.push(keep(arrival(n)))
      if (n % 7 === 0) await nextTurn()
    }
    expect(eventIds(await Promise.all(kept))).toEqual(numbers(900))
    expect(commits.flat()).toEqual(numbers(900))
    expect(commits.length).toBeLessThan(900)
  })

  it('gathers what keeps coming in turn after turn for 3 ms, and no longer', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const { keep, commits } = memory()
    const kept: Promise<Receipt>[] = []
    const oneMoreEachTurn = async (turns: number) => {
      for (let turn = 0; turn < turns; turn += 1) {
        kept.push(keep(arrival(kept.length + 1)))
        await nextTurn()
      }
    }
    await oneMoreEachTurn(20)
    expect(commits).toEqual([])
    vi.advanceTimersByTime(3)
    await oneMoreEachTurn(1)
    expect(commits).toEqual([numbers(21)])
    await Promise.all(kept)
  })

  it('rejects all of a commit that fails, announces nothing, and keeps what comes next', async () => {
    let broken = true
    let announced = 0
    const keep = createGroupCommit(
      (arrivals) => {
        if (broken) throw new Error('disk full')
        return arrivals.map(({ number }): Receipt => ({ status: 'pushed', eventId: Number(number) }))
      },
      () => {
        announced += 1
      },
    )
    const results = await Promise.allSettled(numbers(300).map((n) => keep(arrival(n))))
    expect(results).toHaveLength(300)
    for (const result of results)
      expect(result).toMatchObject({
        status: 'rejected',
        reason: expect.objectContaining({ message: 'disk full' }),
      })
    expect(announced).toBe(0)
    broken = false
    expect(await keep(arrival(301))).toEqual({ status: 'pushed', eventId: 301 })
    expect(announced).toBe(1)
  })

  it('fails only the commit that failed', async () => {
    let commits = 0
    const keep = createGroupCommit(
      (arrivals) => {
        commits += 1
        if (commits === 2) throw new Error('disk full')
        return arrivals.map(({ number }): Receipt => ({ status: 'pushed', eventId: Number(number) }))
      },
      () => {},
    )
    const results = await Promise.allSettled(numbers(600).map((n) => keep(arrival(n))))
    const failed = results.flatMap(({ status }, index) => (status === 'rejected' ? [index + 1] : []))
    expect(failed).toEqual(numbers(512).slice(256))
  })

  it('rejects those that the ledger gave no receipt', async () => {
    const keep = createGroupCommit(
      () => [{ status: 'pushed', eventId: 1 }],
      () => {},
    )
    const results = await Promise.allSettled([keep(arrival(1)), keep(arrival(2))])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })
})
