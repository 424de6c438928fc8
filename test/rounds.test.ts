import { afterEach, describe, expect, it } from 'vitest'
import { createRounds, type Rounds } from '../src/rounds.js'
import { until } from './helpers/wait.js'

let rounds: Rounds
let begun = 0
let underWay = 0
let most = 0
let sleepMs = 3_600_000
let during: () => void = () => {}
/** A round ends when this has. */
let held: Promise<void> = Promise.resolve()

const build = () => {
  begun = 0
  most = 0
  sleepMs = 3_600_000
  during = () => {}
  held = Promise.resolve()
  rounds = createRounds({
    gapMs: () => 0,
    async round() {
      begun += 1
      underWay += 1
      most = Math.max(most, underWay)
      during()
      await held
      underWay -= 1
      return sleepMs
    },
  })
  return rounds
}
afterEach(() => rounds.stop())

const idle = () => until('no round is under way', () => underWay === 0)

describe('rounds', () => {
  it('do not begin before the start', async () => {
    build().wake()
    await new Promise((resolve) => setImmediate(resolve))
    expect(begun).toBe(0)
    rounds.start()
    await until('a round was made', () => begun === 1)
  })

  it('are never two at once, and a wake during one brings another', async () => {
    build()
    during = () => {
      if (begun < 3) for (let i = 0; i < 5; i++) rounds.wake()
    }
    rounds.start()
    rounds.wake()
    await until('three rounds were made', () => begun === 3)
    await idle()
    expect(most).toBe(1)
  })

  it('go on by themselves after the sleep', async () => {
    build()
    sleepMs = 1
    rounds.start()
    await until('five rounds were made', () => begun >= 5)
  })

  it('end with stop, which waits for the one under way, whoever wakes afterwards', async () => {
    build()
    let release = () => {}
    held = new Promise((resolve) => {
      release = resolve
    })
    rounds.start()
    await until('a round is under way', () => underWay === 1)
    const stopped = rounds.stop()
    release()
    await stopped
    expect(underWay).toBe(0)
    const before = begun
    rounds.wake()
    await new Promise((resolve) => setImmediate(resolve))
    expect(begun).toBe(before)
  })
})
