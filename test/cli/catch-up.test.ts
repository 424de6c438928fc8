import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addCatchUp } from '../../src/cli/catch-up.js'
import { faults, type RubygemsOrg, startRubygemsOrg } from '../helpers/rubygems-org.js'
import { openTempLedger, type TempLedger } from '../helpers/temp-ledger.js'
import { runCommand } from './run-command.js'

let org: RubygemsOrg
let temp: TempLedger
const dayMs = 86_400_000
const now = Date.now()
const iso = (age: number) => new Date(now - age).toISOString()

beforeEach(async () => {
  org = await startRubygemsOrg()
  temp = openTempLedger()
})
afterEach(async () => {
  temp.remove()
  await org.close()
})

/** The server, whose ledger it is, may be running: here the ledger is open. */
function catchUp(args: string[], env: Record<string, string> = {}) {
  return runCommand(addCatchUp, ['catch-up', ...args], {
    DATA_DIR: temp.folder,
    RUBYGEMS_HOST: org.url,
    OUTBOUND_ALLOW: '127.0.0.0/8',
    ...env,
  })
}

const since = (age: number, ...more: string[]) => catchUp(['--since', iso(age), ...more])
const events = () => temp.query('SELECT kind, gem_name, number FROM events ORDER BY id')

/** Three that hooks want, one that none does, one that the ledger has, and one that it has live though it was yanked. */
function publish() {
  temp.hook({ gemName: 'rails' })
  const push = (name: string, number: string, age: number, platform = 'ruby') =>
    org.push(name, number, { createdAt: now - age * dayMs, platform })
  push('rails', '6.0', 20)
  push('rails', '7.0', 3)
  push('rails', '7.0', 2, 'java')
  push('rake', '13.0', 2)
  for (const number of ['7.1', '7.2']) temp.arrive(org.payloadOf(push('rails', number, 1)), now - dayMs)
  org.yank('rails', '7.2')
}

describe('gemherald catch-up', () => {
  it('records what is wanted and missing, in order of creation, and prints it', async () => {
    publish()
    expect(await since(10 * dayMs)).toEqual({
      code: 0,
      stdout: [
        `pushed\trails\t7.0\truby\t${iso(3 * dayMs)}\n`,
        `pushed\trails\t7.0\tjava\t${iso(2 * dayMs)}\n`,
        `yanked\trails\t7.2\truby\t${iso(dayMs)}\n`,
      ].join(''),
      stderr: '',
    })
    expect(events()).toMatchObject([
      { kind: 'pushed', number: '7.1' },
      { kind: 'pushed', number: '7.2' },
      { kind: 'pushed', number: '7.0' },
      { kind: 'pushed', number: '7.0' },
      { kind: 'yanked', number: '7.2' },
    ])
    expect(await since(10 * dayMs)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(events()).toHaveLength(5)
  })

  it('takes a date as its midnight in UTC', async () => {
    temp.hook()
    const midnight = Math.floor(now / dayMs) * dayMs - 2 * dayMs
    org.push('rails', '7.0', { createdAt: midnight - 1 })
    org.push('rails', '7.1', { createdAt: midnight })
    const { stdout } = await catchUp(['--since', new Date(midnight).toISOString().slice(0, 10)])
    expect(stdout).toBe(`pushed\trails\t7.1\truby\t${new Date(midnight).toISOString()}\n`)
  })

  it('prints the same in a dry run, and changes nothing', async () => {
    publish()
    const before = temp.query('SELECT * FROM events')
    const dry = await since(10 * dayMs, '--dry-run')
    expect(temp.query('SELECT * FROM events')).toEqual(before)
    expect(await since(10 * dayMs)).toEqual(dry)
  })

  it('leaves the progress of the server alone', async () => {
    publish()
    temp.ledger.upstreams.begin(org.url, now - 5 * dayMs)
    const before = temp.ledger.upstreams.progress(org.url)
    await since(dayMs)
    expect(temp.ledger.upstreams.progress(org.url)).toEqual(before)
  })

  it('takes for missed by webhooks what was pushed since the server first looked, and any yank', async () => {
    publish()
    temp.ledger.upstreams.begin('https://other.example', now - 30 * dayMs)
    temp.ledger.upstreams.begin(org.url, now - 2.5 * dayMs)
    await since(30 * dayMs)
    expect(temp.ledger.tallies.read()).toMatchObject({ catchUp: 4, history: 2 })
  })

  it('takes nothing for missed that was pushed before any server looked', async () => {
    publish()
    await since(30 * dayMs)
    expect(temp.ledger.tallies.read()).toMatchObject({ catchUp: 4, history: 3 })
  })

  it('ends the wait of what a webhook claims, as the dry run says', async () => {
    temp.hook()
    const release = org.push('rails', '7.0', { createdAt: now - dayMs })
    const payload = Buffer.from('{"forged":true}')
    const claim = { gemName: 'rails', number: '7.0', platform: 'ruby', yanked: false, payload }
    temp.ledger.arrivals.record([
      { ...claim, receivedAt: now, createdAt: now, source: 'webhook', toCheck: true },
    ])
    const dry = await since(2 * dayMs, '--dry-run')
    expect(dry.stdout).toBe(`pushed\trails\t7.0\truby\t${iso(dayMs)}\n`)
    expect(temp.ledger.claims.count()).toBe(1)
    expect(await since(2 * dayMs)).toEqual(dry)
    expect(temp.ledger.claims.count()).toBe(0)
    expect(events()).toHaveLength(1)
    expect(JSON.parse(String(temp.ledger.releases.payload(1)))).toMatchObject({ sha: release.sha })
    expect(temp.ledger.tallies.read()).toMatchObject({ both: 1, catchUp: 0, confirmed: 1, history: 0 })
  })

  it('prints JSON when asked', async () => {
    publish()
    const { stdout } = await since(10 * dayMs, '--json', '--dry-run')
    expect(JSON.parse(stdout)[1]).toEqual({
      kind: 'pushed',
      gem: 'rails',
      version: '7.0',
      platform: 'java',
      created: iso(2 * dayMs),
    })
    expect(JSON.parse((await since(1, '--json')).stdout)).toEqual([])
  })

  it('asks nothing when no hook wants anything', async () => {
    expect(await since(dayMs)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect((await since(dayMs, '--json')).stdout).toBe('[]\n')
    expect(org.count()).toBe(0)
  })

  it('keeps and prints what it found before the upstream failed', async () => {
    temp.hook()
    for (let i = 0; i < 40; i++) org.push('rails', `7.${i}`, { createdAt: now - dayMs + i })
    org.fail((request, truth) => (request.query.get('page') === '2' ? faults.garbage : truth))
    for (const [args, found] of [
      [['--json'], 30],
      [[], 0],
    ] as const) {
      const ended = await since(2 * dayMs, ...args)
      expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/^gemherald: .*not JSON.*\n$/) })
      expect(ended.stdout === '' ? [] : JSON.parse(ended.stdout)).toHaveLength(found)
    }
    expect(events()).toHaveLength(30)
  })

  it('fails with 1 when the upstream is not one', async () => {
    temp.hook()
    org.fail({ status: 302, headers: { Location: '/' }, body: '' })
    expect(await since(dayMs)).toMatchObject({ code: 1, stdout: '' })
  })

  it('fails with 1 when there is no ledger', async () => {
    const ended = await catchUp(['--since', iso(dayMs)], { DATA_DIR: `${temp.folder}/none` })
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('has no ledger') })
  })

  it.each([
    ['no time', []],
    ['nonsense', ['--since', 'yesterday']],
    ['an empty time', ['--since', '']],
    ['a day that is none', ['--since', '2025-11-31']],
    ['a day that is none, with a time', ['--since', '2025-02-30T00:00:00Z']],
    ['a month that is none', ['--since', '2025-13-01']],
    ['a time before there were gems', ['--since', '2002-12-31']],
    ['the future', ['--since', iso(-dayMs)]],
    ['a mere year', ['--since', '2025']],
    ['an unknown option', ['--since', '2025-01-01', '--all']],
  ])('is used wrongly with %s', async (_what, args) => {
    temp.hook()
    const ended = await catchUp(args)
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/./) })
    expect(org.count()).toBe(0)
  })
})
