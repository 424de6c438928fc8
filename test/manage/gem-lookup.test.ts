import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createGemLookup, type GemLookup } from '../../src/manage/gem-lookup.js'
import { createOutbound, type Outbound } from '../../src/outbound/client.js'
import { createRubygems } from '../../src/rubygems/client.js'
import { loopback, nothing } from '../helpers/outbound-parts.js'
import { type RubygemsHost, startRubygemsHost } from '../helpers/rubygems-host.js'

let host: RubygemsHost
let outbound: Outbound
let gems: GemLookup
let time: number
let clientTime = 0

beforeEach(async () => {
  host = await startRubygemsHost()
  host.add('rails', { version: '8.1.3.1' })
  outbound = createOutbound({ allow: loopback, userAgent: 'gemherald/test' })
  time = 0
  gems = lookupAt(host.url)
})

afterEach(async () => {
  await outbound.close()
  await host.close()
})

function lookupAt(rubygemsHost: string, via = outbound): GemLookup {
  const releases = { knowsGem: (name: string) => name === 'known-here' }
  return createGemLookup({
    releases,
    rubygems: createRubygems({
      host: rubygemsHost,
      outbound: via,
      // To sleep is to put its clock forward: its own pace is not what is tested here.
      now: () => clientTime,
      sleep: async (ms) => {
        clientTime += ms
      },
    }),
    now: () => time,
    log: pino({ level: 'silent' }),
  })
}

const minute = 60_000

describe('createGemLookup', () => {
  it('finds what the ledger knows without asking', async () => {
    expect(await gems.find('known-here', 1)).toEqual({ upstream: null })
    expect(host.asked).toEqual([])
  })

  it('finds what the upstream knows, and keeps its newest release', async () => {
    expect(await gems.find('rails', 1)).toMatchObject({ upstream: { name: 'rails', version: '8.1.3.1' } })
  })

  it('misses what neither knows', async () => {
    expect(await gems.find('no-such-gem', 1)).toBeUndefined()
    expect(host.asked).toEqual(['no-such-gem'])
  })

  it('is exact about case', async () => {
    expect(await gems.find('Rails', 1)).toBeUndefined()
  })

  it.each([
    '',
    '.',
    '..',
    '5',
    '../../admin',
    'a/b',
    'a b',
    'a%2fb',
    'é',
    'a?b',
    'a#b',
    'x'.repeat(256),
    'a\n',
  ])('never asks about %j', async (name) => {
    expect(await gems.find(name, 1)).toBeUndefined()
    expect(host.asked).toEqual([])
  })

  it('remembers a gem for an hour', async () => {
    await gems.find('rails', 1)
    time = 60 * minute - 1
    await gems.find('rails', 1)
    expect(host.asked).toHaveLength(1)
    time = 60 * minute
    await gems.find('rails', 1)
    expect(host.asked).toHaveLength(2)
  })

  it('remembers a missing gem for a minute', async () => {
    await gems.find('coming', 1)
    host.add('coming')
    time = minute - 1
    expect(await gems.find('coming', 1)).toBeUndefined()
    time = minute
    expect(await gems.find('coming', 1)).toMatchObject({ upstream: { name: 'coming' } })
  })

  it('does not go on missing a gem for a day when the clock is set back', async () => {
    time = 24 * 60 * minute
    await gems.find('coming', 1)
    host.add('coming')
    time = 0
    expect(await gems.find('coming', 1)).toMatchObject({ upstream: { name: 'coming' } })
  })

  it('remembers no more than 500 answers, the latest ones', async () => {
    for (let i = 0; i <= 500; i++) await gems.find(`gem${i}`, 1)
    host.asked.length = 0
    await gems.find('gem500', 1)
    await gems.find('gem1', 1)
    expect(host.asked).toEqual([])
    await gems.find('gem0', 1)
    expect(host.asked).toEqual(['gem0'])
  })

  it.each([
    ['500', { status: 500 }],
    ['503', { status: 503 }],
    ['429', { status: 429 }],
    ['403', { status: 403 }],
    ['a redirect', { status: 302, headers: { Location: '/elsewhere' } }],
    ['a closed connection', 'drop' as const],
    ['silence', 'hang' as const],
    ['no JSON', { body: '<html>' }],
    ['a gem without a version', { body: '{"name":"no-such-gem"}' }],
  ])(
    'takes any possible name while the upstream answers with %s, and asks again ten seconds later',
    async (_what, failure) => {
      host.fail(failure)
      expect(await gems.find('no-such-gem', 1)).toEqual({ upstream: null })
      host.fail(null)
      expect(await gems.find('no-such-gem', 1)).toEqual({ upstream: null })
      time += 10_000
      expect(await gems.find('no-such-gem', 1)).toBeUndefined()
    },
  )

  it('takes any possible name while the upstream is down', async () => {
    await host.close()
    expect(await gems.find('no-such-gem', 1)).toEqual({ upstream: null })
    expect(await gems.find('not a gem', 1)).toBeUndefined()
    host = await startRubygemsHost()
  })

  it('takes any possible name when the guard refuses the upstream', async () => {
    const guarded = createOutbound({ allow: nothing, userAgent: 'gemherald/test' })
    expect(await lookupAt(host.url, guarded).find('no-such-gem', 1)).toEqual({ upstream: null })
    await guarded.close()
    expect(host.asked).toEqual([])
  })

  it.each([['another gem', '{"name":"sinatra","version":"1.0"}']])(
    'finds a gem, but no release of it, in an answer with %s',
    async (_what, body) => {
      host.fail({ body })
      expect(await gems.find('rails', 1)).toEqual({ upstream: null })
    },
  )

  it('reads the longest answers there are', async () => {
    host.fail({ body: `{"name":"rails","version":"1.0","info":"${'x'.repeat(64_000)}"}` })
    expect(await gems.find('rails', 1)).toMatchObject({ upstream: { version: '1.0' } })
  })

  it('takes a base URL with a slash at its end', async () => {
    expect(await lookupAt(`${host.url}/`).find('rails', 1)).toMatchObject({ upstream: { name: 'rails' } })
  })
})
