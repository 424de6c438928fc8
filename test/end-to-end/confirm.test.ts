import { afterEach, beforeEach, expect, it } from 'vitest'
import { startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { faults, type RubygemsOrg, startRubygemsOrg } from '../helpers/rubygems-org.js'
import { until } from '../helpers/wait.js'
import { onBothTransports } from './transports.js'

onBothTransports('what webhooks claim', (environment) => {
  let time = Date.UTC(2026, 10, 20, 12)
  let org: RubygemsOrg
  let sink: HttpSink
  let gemherald: TestGemherald

  beforeEach(async () => {
    ;[org, sink] = await Promise.all([startRubygemsOrg({ now: () => time }), startHttpSink()])
  })
  afterEach(async () => {
    await gemherald.remove()
    await Promise.all([org.close(), sink.close()])
  })

  const start = async (confirm: string) => {
    const env = { ...(await environment()), RUBYGEMS_HOST: org.url, RECONCILE: 'off', CONFIRM: confirm }
    gemherald = await startGemherald({ env, now: () => time })
    await gemherald.addHook('*', `${sink.url}/all`)
    org.requests.all.length = 0
  }
  const pass = (ms: number) => {
    time += ms
    gemherald.wake()
  }
  const bodies = () => sink.received.map(({ body }) => JSON.parse(body.toString()))
  const asked = (number: string) => org.count(`/api/v2/rubygems/demo/versions/${number}.json`)
  const push = (version: string, changes: Record<string, unknown> = {}) =>
    gemherald.pushRelease('demo', version, { sha: null, ...changes })
  /** When its message has come, nothing that was claimed before is on its way any more. */
  const pushAndSee = async (version: string) => {
    org.push('demo', version)
    await push(version)
    await sink.waitFor(() => bodies().some((body) => body.version === version))
  }

  it.each(['prefer', 'require'])('is told with the links of the upstream (%s)', async (confirm) => {
    await start(confirm)
    const release = org.push('demo', '1.0', { facts: { homepage_uri: 'https://demo.example/' } })
    const answer = await push('1.0', { homepage_uri: 'https://evil.example/', sha: release.sha })
    expect(answer).toEqual({ status: 202, body: { status: 'accepted', event: 1 } })
    await sink.waitFor(1)
    expect(bodies()).toEqual([org.payloadOf(release)])
    expect(asked('1.0')).toBe(1)
  })

  it.each(['prefer', 'require'])('is never told when it is forged (%s)', async (confirm) => {
    await start(confirm)
    await pushAndSee('1.0')
    await push('1.0', { yanked: true })
    await push('1.0', { platform: 'java' })
    await push('6.6.6')
    await until('all are held', () => asked('6.6.6') > 0 && asked('1.0') === 3)
    gemherald = await gemherald.restart()
    await pushAndSee('2.0')
    pass(65_000)
    await until('all were looked at again', () => asked('6.6.6') > 1 && asked('1.0') === 5)
    await pushAndSee('3.0')
    expect(bodies().map(({ version, yanked }) => [version, yanked])).toEqual([
      ['1.0', false],
      ['2.0', false],
      ['3.0', false],
    ])
    // What was forged once is news when it is true.
    await pushAndSee('6.6.6')
  })

  it.each(['prefer', 'require'])(
    'is told once, and rightly, whatever is replayed and forged beside it (%s)',
    async (confirm) => {
      await start(confirm)
      const { sha } = org.push('demo', '1.0')
      await push('1.0', { sha: 'cd'.repeat(32) })
      await until('the forged one is held', () => asked('1.0') === 1)
      await push('1.0', { sha })
      await sink.waitFor(1)
      await push('1.0', { sha, yanked: true })
      await push('1.0', { sha })
      await pushAndSee('2.0')
      pass(65_000)
      await pushAndSee('3.0')
      expect(bodies().map(({ version, yanked, sha }) => [version, yanked, sha])).toEqual([
        ['1.0', false, sha],
        ['2.0', false, expect.anything()],
        ['3.0', false, expect.anything()],
      ])
    },
  )

  it('is told as the body has it when the upstream fails (prefer)', async () => {
    await start('prefer')
    org.fail(faults.webPage)
    await push('1.0', { info: 'what the body says' })
    await sink.waitFor(1)
    expect(bodies()[0]).toMatchObject({ version: '1.0', info: 'what the body says' })
  })

  it('is held while the upstream fails, restarts included (require)', async () => {
    await start('require')
    org.fail(faults.webPage)
    org.push('demo', '1.0', { facts: { info: 'what the upstream says' } })
    await push('1.0')
    await until('it was asked about', () => asked('1.0') === 1)
    gemherald = await gemherald.restart()
    pass(5_000)
    await until('it was asked about again', () => asked('1.0') === 2)
    expect(sink.received).toEqual([])
    org.mend()
    await until('it is told', () => {
      pass(1_000)
      return sink.received.length > 0
    })
    expect(bodies()[0]).toMatchObject({ version: '1.0', info: 'what the upstream says' })
  })

  it('is told at once, and nobody is asked (off)', async () => {
    await start('off')
    await push('1.0', { info: 'what the body says' })
    await sink.waitFor(1)
    expect(bodies()[0]).toMatchObject({ info: 'what the body says' })
    expect(asked('1.0')).toBe(0)
  })
})
