import { pino } from 'pino'
import type { Job, Outcome } from '../../src/delivery.js'
import { createHandOut, type Round } from '../../src/dispatch/hand-out.js'
import { createJobMaker } from '../../src/dispatch/jobs.js'
import { createPace, type Pace } from '../../src/dispatch/pace.js'
import type { Channel } from '../../src/endpoint.js'
import type { Transport } from '../../src/transport/transport.js'
import { openTempLedger, outcomeOf, type TempLedger, testTime } from '../helpers/temp-ledger.js'

/** A transport that only keeps what it is given. */
interface FakeTransport extends Transport {
  capacity: Record<Channel, number>
  carried: Job[]
  /** False: it takes nothing. */
  open: boolean
  /** What it answers when it is asked whether it is settled. */
  settledAnswer: () => boolean
}

/** A real ledger and a real pace, a transport that goes nowhere, and a clock that stands still. */
export interface Scene {
  readonly temp: TempLedger
  readonly pace: Pace
  readonly transport: FakeTransport
  /** ms since the epoch */
  time: number
  handOut(): Promise<Round>
  /** Hands out one round; what was carried in it. */
  round(): Promise<Job[]>
  /** Records outcomes of jobs as the recorder does. */
  finish(jobs: Job[], changes?: Partial<Outcome>): void
  /** Registers so many addresses on a channel for all gems, and lets so many events happen. */
  owe(what: { endpoints?: number; events?: number; channel?: Channel }): void
  /** Begins with an empty memory on the same ledger, as a new process does. */
  restart(): void
  remove(): void
}

export function createScene(): Scene {
  const temp = openTempLedger()
  const transport = createFakeTransport()
  let pace: Pace
  let handOut: () => Promise<Round>

  const start = () => {
    const { ledger } = temp
    pace = createPace()
    const makeJob = createJobMaker({
      ledger,
      signingKey: () => 'key',
      unsubscribeUrl: () => 'http://127.0.0.1:9/',
      gemPage: (name: string) => `https://rubygems.org/gems/${name}`,
      allow: [],
    })
    handOut = createHandOut({
      ledger,
      transport,
      pace,
      makeJob,
      now: () => scene.time,
      log: pino({ level: 'silent' }),
    })
  }

  const scene: Scene = {
    temp,
    transport,
    time: testTime,
    get pace() {
      return pace
    },
    handOut: () => handOut(),

    async round() {
      const before = transport.carried.length
      await handOut()
      return transport.carried.slice(before)
    },

    finish(jobs, changes = {}) {
      const outcomes = jobs.map((job) => outcomeOf(job, { startedAt: scene.time, ...changes }))
      temp.ledger.outcomes.record(outcomes, scene.time, scene.time, () => 0.5)
      for (const outcome of outcomes) pace.ended(outcome, scene.time)
    },

    owe({ endpoints = 1, events = 1, channel = 'webhook' }) {
      for (let number = 1; number <= endpoints; number += 1)
        temp.hook({ channel, url: `http://127.0.0.1:9/${channel}/${number}` })
      const already = temp.query('SELECT id FROM events').length
      temp.ledger.together(() => {
        for (let number = 1; number <= events; number += 1) temp.arrive({ version: `${already + number}` })
      })
      temp.fanOut()
    },

    restart() {
      temp.reopen()
      start()
    },

    remove: temp.remove,
  }
  start()
  return scene
}

function createFakeTransport(): FakeTransport {
  const transport: FakeTransport = {
    capacity: { webhook: 100, slack: 100, email: 100, inbox: 100 },
    leaseMs: 60_000,
    losesWorkWithProcess: true,
    carried: [],
    open: true,
    settledAnswer: () => true,
    async carry(jobs) {
      if (transport.open) transport.carried.push(...jobs)
      return transport.open
    },
    withdraw: async () => transport.open,
    settled: async () => transport.settledAnswer(),
    start: async () => {},
    health: async () => ({ blocking: [], warnings: [] }),
    workers: async () => [],
    stop: async () => {},
  }
  return transport
}
