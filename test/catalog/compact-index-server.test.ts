import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOutbound, type Outbound } from '../../src/outbound/client.js'
import { createRubygems, type Rubygems } from '../../src/rubygems/client.js'
import type { VersionsCopy } from '../../src/rubygems/compact-index.js'
import { versionsLines } from '../../src/rubygems/compact-index-lines.js'
import { startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { loopback } from '../helpers/outbound-parts.js'
import { value } from '../rubygems/stage.js'

let gemherald: TestGemherald
let outbound: Outbound

beforeAll(async () => {
  gemherald = await startGemherald()
  outbound = createOutbound({ allow: loopback, userAgent: 'gemherald/test' })
})

afterAll(async () => {
  await outbound.close()
  await gemherald.remove()
})

const client = (): Rubygems => createRubygems({ host: gemherald.url, outbound, sleep: async () => {} })
const read = async (copy: VersionsCopy | null) => value(await client().versionsIndex(copy))
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('base64')

it('goes on after a restart with the same file and the right digest', async () => {
  await gemherald.pushRelease('rails', '8.0.0')
  await gemherald.pushRelease('rails', '8.1.0')
  const before = await read(null)
  expect([...versionsLines(before.copy.bytes)]).toHaveLength(2)
  gemherald = await gemherald.restart()
  expect(await read(before.copy)).toMatchObject({ change: 'unchanged' })
  gemherald = await gemherald.restart()
  await gemherald.pushRelease('rails', '8.0.0', { yanked: true })
  const after = await read(before.copy)
  expect(after).toMatchObject({ change: 'appended', newFrom: before.copy.bytes.length })
  expect([...versionsLines(after.copy.bytes, after.newFrom)]).toMatchObject([
    { gemName: 'rails', pushed: [], yanked: [{ number: '8.0.0' }] },
  ])
})

it('is the right file for all who ask while webhooks arrive', async () => {
  const pushes = async (from: number) => {
    for (let i = from; i < from + 60; i += 1) await gemherald.pushRelease(`gem-${i % 10}`, `1.${i}`)
  }
  const reader = async () => {
    let copy: VersionsCopy | null = null
    for (let i = 0; i < 12; i += 1) {
      const update = await read(copy)
      // Each of them is the last one, and more; the client has checked its digest.
      if (copy !== null) expect(update.change).not.toBe('replaced')
      copy = update.copy
    }
    return copy
  }
  const [, , ...copies] = await Promise.all([pushes(0), pushes(1000), reader(), reader(), reader()])
  const final = await read(null)
  for (const copy of copies) expect((await read(copy)).copy.bytes.equals(final.copy.bytes)).toBe(true)
  const lines = final.copy.bytes
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('gem-'))
  expect(lines.map((line) => line.split(' ')[1]).sort()).toEqual(
    [...Array(60).keys(), ...Array.from({ length: 60 }, (_, i) => 1000 + i)].map((i) => `1.${i}`).sort(),
  )
})

describe('a file of 100,000 lines', () => {
  let size: number
  beforeAll(async () => {
    await read(null)
    await gemherald.stop()
    size = addLines(gemherald.dataDir, 100_000)
    gemherald = await gemherald.restart()
  })

  it('is read while others are answered, a little of it in memory at a time', async () => {
    const heapBefore = heapNow()
    let most = 0
    let others = 0
    const responses = await Promise.all([1, 2, 3].map(() => ask('/versions')))
    for (const response of responses) expect(response.headers['content-length']).toBe(String(size))
    const bodies = Promise.all(responses.map(drain))
    let done = false
    bodies.finally(() => {
      done = true
    })
    while (!done) {
      expect((await gemherald.readiness()).status).toBe(200)
      others += 1
      most = Math.max(most, process.memoryUsage().heapUsed)
    }
    for (const { digest, bytes } of await bodies) {
      expect(bytes).toBe(size)
      expect(`sha-256=:${digest}:`).toBe(responses[0]?.headers['repr-digest'])
    }
    expect(others).toBeGreaterThan(2)
    expect(most - heapBefore).toBeLessThan(150 * 1024 * 1024)
  })

  it('is digested while others are answered', async () => {
    gemherald = await gemherald.restart()
    let isAnswered = false
    const first = ask('/versions', { Range: 'bytes=-1' }).then((response) => {
      isAnswered = true
      return drain(response)
    })
    let others = 0
    while (!isAnswered) {
      expect((await gemherald.readiness()).status).toBe(200)
      others += 1
    }
    expect((await first).bytes).toBe(1)
    expect(others).toBeGreaterThan(1)
  })

  it('is not read further than the client takes it, and no more once that is gone', async () => {
    const slow = await ask('/versions')
    slow.pause()
    const abandoned = await ask('/versions')
    abandoned.destroy()
    const { copy } = await read(null)
    await gemherald.pushRelease('late', '1.0')
    const { bytes, digest } = await drain(slow)
    // What was appended meanwhile is not in it.
    expect([bytes, digest]).toEqual([size, sha256(copy.bytes)])
    expect(await read(copy)).toMatchObject({ change: 'appended' })
  })

  it('ends with the server, even for a client that never reads on', async () => {
    const stuck = await ask('/versions')
    stuck.pause()
    gemherald = await gemherald.restart()
    await expect(drain(stuck)).rejects.toThrow('aborted')
    expect((await gemherald.readiness()).status).toBe(200)
  })
})

/** A response as soon as its headers are there. */
async function ask(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const [response] = await once(get(`${gemherald.url}${path}`, { headers, agent: false }), 'response')
  return response
}

async function drain(response: IncomingMessage): Promise<{ bytes: number; digest: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of response) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { bytes, digest: hash.digest('base64') }
}

/** Adds lines that many years of releases would have left; how long the file is then. */
function addLines(dataDir: string, count: number): number {
  const ledger = new Sqlite(join(dataDir, 'ledger.db'))
  const add = ledger.prepare('INSERT INTO index_lines (text, ends_at) VALUES (?, ?)')
  let endsAt = ledger.prepare<[], number>('SELECT max(ends_at) FROM index_lines').pluck().get() ?? 0
  ledger.transaction(() => {
    for (let i = 0; i < count; i += 1) {
      const text = `some-gem-${i % 5000} 1.${i} ${'0'.repeat(32)}\n`
      endsAt += text.length
      add.run(text, endsAt)
    }
  })()
  ledger.close()
  return endsAt
}

function heapNow(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
