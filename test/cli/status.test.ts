import { rmSync } from 'node:fs'
import { join } from 'node:path'
import express from 'express'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addStatus } from '../../src/cli/status.js'
import { healthRouter } from '../../src/web/health.js'
import { temporaryFolder } from '../helpers/process.js'
import { serve } from '../manage/stage.js'
import { openStage, type Stage, upstreamHost } from '../watch/stage.js'
import { type Ended, runCommand } from './run-command.js'

const minute = 60_000

let stage: Stage
let port: Awaited<ReturnType<typeof serve>>
let blocking: string[]
let warnings: string[]
beforeEach(async () => {
  stage = openStage()
  blocking = []
  warnings = []
  const router = healthRouter({
    countPending: () => 0,
    transport: async () => ({ blocking, warnings: [] }),
    storageTrouble: () => null,
    warnings: () => warnings,
  })
  port = await serve(express().use(router))
})
afterEach(async () => {
  await port.close()
  stage.temp.remove()
})

const url = () => `http://127.0.0.1:${port.number}`

function status(args: string[] = [], env: Record<string, string> = {}): Promise<Ended> {
  return runCommand(addStatus, ['status', ...args], {
    DATA_DIR: stage.temp.folder,
    GEMHERALD_URL: url(),
    ...env,
  })
}

/** Names and values, as a pipe gets them. */
async function facts(env: Record<string, string> = {}): Promise<string[][]> {
  return (await status([], env)).stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
}

const shown = async (name: string, env: Record<string, string> = {}) =>
  (await facts(env)).find(([found]) => found === name)?.[1]

async function json(env: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await status(['--json'], env)
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

/** Webhooks fell silent an hour and a minute ago, and the upstream failed to deliver. */
function fill(): number {
  const { temp, tell } = stage
  const silentSince = Date.now() - 61 * minute
  temp.hook()
  temp.hook({ gemName: 'rails' })
  tell('webhook', 'rails', silentSince)
  tell('webhook', 'rack', silentSince, true)
  tell('catch-up', 'rake', silentSince)
  tell('catch-up', 'thor', silentSince)
  tell('catch-up', 'puma', silentSince)
  tell('webhook', 'puma', silentSince)
  temp.fanOut()
  const { upstreams } = temp.ledger
  upstreams.begin(upstreamHost, silentSince)
  const window = { until: silentSince + 50 * minute, publishedAt: silentSince + 50 * minute }
  upstreams.completed(upstreamHost, window, silentSince + 52 * minute)
  const address = 'https://gems.example.org/webhooks/rubygems/receiver-token'
  const hook = (gemName: string, failureCount: number) => ({ gemName, url: address, failureCount })
  upstreams.sawHooks(upstreamHost, [hook('*', 2), hook('rails', 0)], silentSince)
  upstreams.sawHooks(upstreamHost, [hook('*', 5), hook('rails', 0)], silentSince)
  return silentSince
}

const iso = (at: number) => new Date(at).toISOString()

describe('status', () => {
  it('of a new ledger says that nothing has happened', async () => {
    expect(await status()).toMatchObject({ code: 0, stderr: '' })
    expect(await facts()).toEqual([
      ['server', `ready at ${url()}`],
      ['events', '0'],
      ['told by webhooks alone', '0'],
      ['told by catching up alone', '0'],
      ['told by both', '0'],
      ['missed by webhooks', '0'],
      ['confirmed by upstream', '0'],
      ['unconfirmed', '0'],
      ['refuted', '0'],
      ['deliveries pending', '0'],
      ['claims waiting', '0'],
      ['gems wanted', '0'],
      ['last webhook', 'never'],
      ['caught up until', 'never'],
      ['last complete window', 'never'],
      ['hooks at upstream', '0'],
    ])
  })

  it('shows what the ledger knows, beside a server that has it', async () => {
    const silentSince = fill()
    warnings.push('No webhook has come.', 'Failures rise.')
    expect(await status()).toMatchObject({ code: 0, stderr: '' })
    expect(await facts()).toEqual([
      ['server', `ready at ${url()}`],
      ['events', '5'],
      ['told by webhooks alone', '2'],
      ['told by catching up alone', '2'],
      ['told by both', '1'],
      ['missed by webhooks', '2'],
      ['confirmed by upstream', '3'],
      ['unconfirmed', '0'],
      ['refuted', '0'],
      ['deliveries pending', '4'],
      ['claims waiting', '1'],
      ['gems wanted', 'all'],
      ['last webhook', `${iso(silentSince)} (1 h 1 min ago)`],
      ['caught up until', `${iso(silentSince + 50 * minute)} (11 min ago)`],
      ['last complete window', `${iso(silentSince + 52 * minute)} (9 min ago)`],
      ['hooks at upstream', '2 (failures: * 5)'],
      ['warning', 'No webhook has come.'],
      ['warning', 'Failures rise.'],
    ])
  })

  it('prints one JSON object when asked', async () => {
    const silentSince = fill()
    warnings.push('No webhook has come.')
    const found = await json()
    expect(found).toEqual({
      server: { url: url(), state: 'ready', problems: [] },
      events: { webhook: 2, catch_up: 2, both: 1 },
      missed_by_webhooks: 2,
      confirmations: { confirmed: 3, unconfirmed: 0, refuted: 0 },
      deliveries_pending: 4,
      claims_waiting: 1,
      wanted: { all: true, gems: 1 },
      last_webhook_at: iso(silentSince),
      seconds_since_last_webhook: expect.any(Number),
      caught_up_until: iso(silentSince + 50 * minute),
      last_complete_window_at: iso(silentSince + 52 * minute),
      seconds_since_last_complete_window: expect.any(Number),
      upstream_hooks: [
        { gem: '*', failures: 5, seen_at: iso(silentSince), failures_rose_at: iso(silentSince) },
        { gem: 'rails', failures: 0, seen_at: iso(silentSince), failures_rose_at: null },
      ],
      warnings: ['No webhook has come.'],
    })
    expect(found.seconds_since_last_webhook).toBeGreaterThanOrEqual(61 * 60)
  })

  it('has null in JSON for what never happened', async () => {
    expect(await json()).toMatchObject({
      last_webhook_at: null,
      seconds_since_last_webhook: null,
      caught_up_until: null,
      last_complete_window_at: null,
      seconds_since_last_complete_window: null,
      upstream_hooks: [],
      warnings: [],
    })
  })

  it('never shows the receiver’s token', async () => {
    fill()
    for (const args of [[], ['--json']]) expect((await status(args)).stdout).not.toContain('token')
  })

  it('counts the gems that are wanted, and says when nothing catches up', async () => {
    stage.temp.hook({ gemName: 'rails' })
    stage.temp.hook({ gemName: 'rack' })
    expect(await shown('gems wanted')).toBe('2')
    expect(await shown('last complete window', { RECONCILE: 'off' })).toBe('never (RECONCILE=off)')
  })
})

describe('status ends with 1', () => {
  it('and says why, when the server is not ready', async () => {
    blocking.push('Redis is gone.', 'Disk full.')
    warnings.push('No webhook has come.')
    expect(await status()).toMatchObject({ code: 1, stderr: '' })
    expect((await facts()).filter(([name = '']) => /^(server|warning)$/.test(name))).toEqual([
      ['server', `not ready at ${url()}: Redis is gone. Disk full.`],
      ['warning', 'No webhook has come.'],
    ])
    expect(await json()).toMatchObject({
      server: { state: 'not_ready', problems: ['Redis is gone.', 'Disk full.'] },
    })
  })

  it('when no server runs, and shows and judges what the ledger knows all the same', async () => {
    fill()
    const GEMHERALD_URL = 'http://127.0.0.1:1025/gems'
    const found = await status([], { GEMHERALD_URL })
    expect(found).toMatchObject({ code: 1, stderr: '' })
    expect(found.stdout).toContain(
      'server\tnot reachable: 127.0.0.1:1025: connection refused. GEMHERALD_URL says where it is looked for.\n',
    )
    expect(found.stdout).toContain('events\t5\n')
    expect(found.stdout).toContain('\nwarning\tNo webhook has come from rubygems.org for 1 h 1 min, though')
    expect(found.stdout).toMatch(/\nwarning\t.*could not deliver to this server.*\n$/)
    expect(await json({ GEMHERALD_URL })).toMatchObject({
      server: { url: 'http://127.0.0.1:1025/gems', state: 'unreachable' },
    })
    const patient = await status([], { GEMHERALD_URL, SILENCE_MINUTES: '90' })
    expect(patient.stdout).not.toContain('No webhook has come')
  })

  it('in one sentence, when there is no ledger', async () => {
    const folder = temporaryFolder()
    const nowhere = join(folder.path, 'none')
    const found = await status(['--json'], { DATA_DIR: nowhere })
    folder.remove()
    expect(found).toEqual({
      code: 1,
      stdout: '',
      stderr: `gemherald: DATA_DIR ${nowhere} has no ledger: start the server once, or set DATA_DIR to where it is.\n`,
    })
  })

  it('when the server’s words steer terminals, without passing them on', async () => {
    blocking.push('Bad\u001b[31m\nevents\t99')
    const found = await status()
    expect(found).toMatchObject({ code: 1 })
    expect(found.stdout).toContain(`server\tnot ready at ${url()}: Bad [31m events 99\n`)
  })
})

it('reads a ledger that no server has', async () => {
  fill()
  const { folder, ledger } = stage.temp
  ledger.close()
  rmSync(join(folder, 'server.lock'), { force: true })
  expect(await shown('events')).toBe('5')
  stage.temp.reopen()
})

it('ends with 2 for wrong settings and wrong usage', async () => {
  expect(await status([], { SILENCE_MINUTES: 'soon' })).toMatchObject({ code: 2, stdout: '' })
  expect(await status(['--yaml'])).toMatchObject({ code: 2, stdout: '' })
})

it('has help with examples', async () => {
  const { code, stdout } = await status(['--help'])
  expect(code).toBe(0)
  expect(stdout).toContain('$ gemherald status --json')
})
