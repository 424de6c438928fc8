import { readFileSync } from 'node:fs'
import { createOutbound, type Outbound } from '../../src/outbound/client.js'
import { createRubygems, type Rubygems, type RubygemsParts } from '../../src/rubygems/client.js'
import type { UpstreamProblem, UpstreamResult } from '../../src/rubygems/result.js'
import { loopback } from '../helpers/outbound-parts.js'
import { type RubygemsOrg, startRubygemsOrg } from '../helpers/rubygems-org.js'

/** The stand-in and clients of it, all of whose time is made: to sleep is to put the clock forward. */
export interface Stage {
  org: RubygemsOrg
  outbound: Outbound
  /** ms since the epoch; a test may set it. */
  time: number
  /** What was slept, in order. */
  sleeps: number[]
  /** A client of the stand-in, or what `parts` make of it. */
  client(parts?: Partial<RubygemsParts>): Rubygems
  close(): Promise<void>
}

export const start = Date.parse('2026-11-20T12:00:00.000Z')

export async function setStage(): Promise<Stage> {
  const outbound = createOutbound({ allow: loopback, userAgent: 'gemherald/test' })
  let time = start
  const org = await startRubygemsOrg({ now: () => time })
  const stage: Stage = {
    org,
    outbound,
    get time() {
      return time
    },
    set time(to) {
      time = to
    },
    sleeps: [],
    client: (parts = {}) =>
      createRubygems({
        host: org.url,
        outbound,
        now: () => time,
        sleep: async (ms) => {
          stage.sleeps.push(ms)
          time += ms
        },
        // In the middle: nothing is added and nothing taken away.
        random: () => 0.5,
        ...parts,
      }),
    async close() {
      await outbound.close()
      await org.close()
    },
  }
  return stage
}

/** The value of a result that must be ok. */
export function value<T>(result: UpstreamResult<T>): T {
  if (!result.ok) throw new Error(`unexpected problem ${result.problem.code}: ${result.problem.message}`)
  return result.value
}

/** The problem of a result that must not be ok. */
export function problem(result: UpstreamResult<unknown>): UpstreamProblem {
  if (result.ok) throw new Error(`unexpected success: ${JSON.stringify(result.value)}`)
  return result.problem
}

/** A file of test/fixtures. */
export function fixture(file: string): Buffer {
  return readFileSync(new URL(`../fixtures/${file}`, import.meta.url))
}

/** An answer with this JSON. */
export function jsonAnswer(body: string | Buffer, status = 200) {
  return { status, headers: { 'Content-Type': 'application/json; charset=utf-8' }, body }
}
