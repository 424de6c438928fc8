import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createOutbound, type Outbound } from '../../src/outbound/client.js'
import type { Lookup } from '../../src/outbound/lookup.js'
import { knowing, loopback, nothing, unwrap } from '../helpers/outbound-parts.js'
import { type Listener, listenTcp, serveHttp } from '../helpers/outbound-servers.js'

let requests: number
let server: Listener
let outbound: Outbound
let base: string

beforeEach(async () => {
  requests = 0
  server = await serveHttp((request, response) => {
    requests++
    request.resume().once('end', () => response.end())
  })
  base = `http://127.0.0.1:${server.port}`
  outbound = createOutbound({ allow: loopback, userAgent: 'test' })
})

afterEach(async () => {
  await outbound.close()
  await server.close()
})

describe('connections', () => {
  it('are kept and used again', async () => {
    for (let i = 0; i < 20; i++)
      unwrap(await outbound.request({ url: `${base}/${i}`, method: 'POST', body: 'x' }))
    expect([requests, server.connections()]).toEqual([20, 1])
  })

  it('are no more than there are requests at a time', async () => {
    const oneAfterTheOther = async () => {
      for (let i = 0; i < 50; i++) unwrap(await outbound.request({ url: base, method: 'POST', body: 'x' }))
    }
    await Promise.all(Array.from({ length: 8 }, oneAfterTheOther))
    expect([requests, server.connections()]).toEqual([400, 8])
  })

  it('carry one request at a time', async () => {
    const asked = Array.from({ length: 5 }, (_, i) =>
      outbound.request({ url: `${base}/${i}`, method: 'GET' }),
    )
    expect((await Promise.all(asked)).every(({ ok }) => ok)).toBe(true)
    expect(server.connections()).toBe(5)
  })

  it('of one client are not lent to another with a stricter guard', async () => {
    unwrap(await outbound.request({ url: base, method: 'GET' }))
    const strict = createOutbound({ allow: nothing, userAgent: 't' })
    expect(await strict.request({ url: base, method: 'GET' })).toMatchObject({
      problem: { code: 'forbidden' },
    })
    expect(requests).toBe(1)
    await strict.close()
  })

  it('that the far side drops make their request unavailable, and no request is sent twice', async () => {
    let arrived = 0
    const fickle = await listenTcp((socket) => {
      let here = 0
      socket.on('data', () => {
        arrived++
        here++
        if (here === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
        else socket.destroy()
      })
    })
    const url = `http://127.0.0.1:${fickle.port}/`
    const outcomes: string[] = []
    for (let i = 0; i < 8; i++) {
      const result = await outbound.request({ url, method: 'POST', body: 'x' })
      outcomes.push(result.ok ? 'ok' : result.problem.code)
    }
    expect(outcomes.join(' ')).toBe(Array(4).fill('ok unavailable').join(' '))
    expect([arrived, fickle.connections()]).toEqual([8, 4])
    await fickle.close()
  })
})

describe('close', () => {
  it('ends what is under way, connecting or waiting, and what comes later', async () => {
    const silent = await listenTcp()
    const lookup: Lookup = (name) => (name === 'slow.test' ? new Promise(() => {}) : knowing({})(name))
    const closing = createOutbound({ allow: loopback, userAgent: 't', lookup })
    const url = `http://127.0.0.1:${silent.port}/`
    const waiting = closing.request({ url, method: 'GET' })
    const connecting = closing.request({ url: 'http://slow.test/', method: 'GET' })
    await expect.poll(() => silent.bytes()).toBeGreaterThan(0)
    await closing.close()
    const problem = { code: 'unavailable', message: expect.stringContaining('gemherald is stopping') }
    expect(await waiting).toEqual({ ok: false, problem })
    expect(await connecting).toEqual({ ok: false, problem })
    expect(await closing.request({ url, method: 'GET' })).toEqual({ ok: false, problem })
    await silent.close()
  })

  it('drops a connection that is being made', async () => {
    const silent = await listenTcp()
    const closing = createOutbound({ allow: loopback, userAgent: 't' })
    const result = closing.request({ url: `https://127.0.0.1:${silent.port}/`, method: 'GET' })
    await expect.poll(() => silent.open()).toBe(1)
    await closing.close()
    expect(await result).toMatchObject({ problem: { code: 'unavailable' } })
    await expect.poll(() => silent.open()).toBe(0)
    await silent.close()
  })

  it('ends requests that wait for a connection', async () => {
    const silent = await listenTcp()
    const closing = createOutbound({ allow: loopback, userAgent: 't' })
    const url = `http://127.0.0.1:${silent.port}/`
    const results = Array.from({ length: 1100 }, () => closing.request({ url, method: 'GET' }))
    await expect.poll(() => silent.open(), { timeout: 20_000 }).toBe(1024)
    await closing.close()
    const codes = (await Promise.all(results)).map((result) => (result.ok ? 'ok' : result.problem.code))
    expect(codes).toEqual(Array(1100).fill('unavailable'))
    expect(silent.connections()).toBe(1024)
    await silent.close()
  })

  it('closes kept connections, and may be called again', async () => {
    const closing = createOutbound({ allow: loopback, userAgent: 't' })
    unwrap(await closing.request({ url: base, method: 'GET' }))
    expect(server.open()).toBe(1)
    await closing.close()
    await expect.poll(() => server.open()).toBe(0)
    await closing.close()
  })
})
