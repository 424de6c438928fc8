import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { until } from '../helpers/wait.js'
import {
  createScene,
  endpoints,
  expectSameBodies,
  idsIn,
  patienceMs,
  pushReleases,
  slowly,
  subscribe,
} from './crash-scene.js'

describe('what was accepted', () => {
  let sink: HttpSink
  let scene: ReturnType<typeof createScene>

  beforeAll(async () => {
    sink = await startHttpSink(slowly)
  })
  afterAll(() => sink.close())
  beforeEach(() => {
    scene = createScene()
    sink.received.length = 0
  })
  afterEach(() => scene.end())

  it('arrives although the server is killed in the middle of 500 deliveries', async () => {
    const first = await scene.server()
    await subscribe(first, sink)
    await pushReleases(first, 50)
    await sink.waitFor(100, patienceMs)
    await first.end('SIGKILL')
    expect(sink.received.length).toBeLessThan(500)

    await scene.server()
    await until('all 500 are there', () => idsIn(sink).size === 500, patienceMs)
    // Only what was under way can have been repeated: 4 attempts at each of the endpoints.
    expect(sink.received.length).toBeLessThanOrEqual(500 + 4 * endpoints)
    expectSameBodies(sink.received)
  })

  it('is not sent again after a clean stop in the middle', async () => {
    const first = await scene.server()
    await subscribe(first, sink)
    await pushReleases(first, 50)
    await sink.waitFor(100, patienceMs)
    expect(await first.end('SIGTERM')).toBe(0)
    expect(sink.received.length).toBeLessThan(500)

    await scene.server()
    await until('all 500 are there', () => idsIn(sink).size === 500, patienceMs)
    expect(sink.received).toHaveLength(500)
  })
})
