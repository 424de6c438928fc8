import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askReadiness } from '../../src/cli/readiness.js'

let server: Server
let url: string
let answer: RequestListener
beforeEach(async () => {
  server = createServer((request, response) => answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise<unknown>((resolve) => server.close(resolve))
})

function answering(status: number, body: unknown): RequestListener {
  return (_request, response) => {
    response.statusCode = status
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

const fine = { status: 'ready', problems: [], warnings: [], pendingDeliveries: 0 }

describe('a server that answers', () => {
  it.each([
    ['is ready', 200, fine, { state: 'ready', problems: [], warnings: [] }],
    [
      'is ready, with warnings',
      200,
      { ...fine, warnings: ['Look.'], more: 1 },
      { state: 'ready', problems: [], warnings: ['Look.'] },
    ],
    [
      'is not ready',
      503,
      { ...fine, status: 'not ready', problems: ['Disk full.'] },
      { state: 'not ready', problems: ['Disk full.'], warnings: [] },
    ],
  ])('%s', async (_, status, body, readiness) => {
    answer = answering(status, body)
    expect(await askReadiness(url)).toEqual(readiness)
  })

  it.each<[string, number, unknown]>([
    ['no JSON', 200, '<html>'],
    ['nothing', 204, ''],
    ['another JSON', 404, { error: 'There is nothing here.' }],
    ['other words', 200, { ...fine, status: 'ok' }],
    ['odd types', 200, { ...fine, problems: [1] }],
    ['null', 200, null],
  ])('is no gemherald when it says %s', async (_, status, body) => {
    answer = answering(status, body)
    expect(await askReadiness(url)).toEqual({
      state: 'unreachable',
      problems: [`${new URL(url).host}: what answers there is no gemherald (HTTP ${status})`],
      warnings: [],
    })
  })
})

it.each(['0.0.0.0', 'localhost'])('asks at %s, too', async (host) => {
  answer = answering(200, fine)
  expect(await askReadiness(url.replace('127.0.0.1', host))).toMatchObject({ state: 'ready' })
})

it('asks under the path of the URL, with the credentials in it', async () => {
  let asked = ''
  answer = (request, response) => {
    asked = `${request.url} ${request.headers.authorization}`
    answering(200, fine)(request, response)
  }
  const named = `${url.replace('//', '//anna:s%C3%A9same@')}/gems`
  expect(await askReadiness(named)).toMatchObject({ state: 'ready' })
  expect(asked).toBe(`/gems/readyz Basic ${Buffer.from('anna:sésame').toString('base64')}`)
})

describe('says why it is not reachable:', () => {
  it.each<[string, () => string, RegExp]>([
    ['nothing listens', () => 'http://127.0.0.1:1025', /^127\.0\.0\.1:1025: connection refused$/],
    ['nothing listens, on a port that browsers avoid', () => 'http://127.0.0.1:6000', /connection refused$/],
    ['no port is set', () => 'http://127.0.0.1:0', /^port 0 is not reachable/],
    ['its credentials cannot be read', () => url.replace('//', '//a%2Fb:c@'), /the user name or password/],
  ])('%s', async (_, at, problem) => {
    const { state, problems } = await askReadiness(at())
    expect(state).toBe('unreachable')
    expect(problems.join()).toMatch(problem)
  })

  it.each<[string, RequestListener, RegExp]>([
    ['hangs up', (request) => request.socket.destroy(), /: the connection was closed before/],
    ['speaks no HTTP', (request) => request.socket.end('nonsense\r\n\r\n'), /: the answer is not HTTP/],
    ['hangs', () => {}, /: no answer within 2 s$/],
    [
      'hangs in its answer',
      (_, response) => response.write('{'),
      /: answered 200, but not in full within 2 s$/,
    ],
    ['says too much', (_, response) => response.end('x'.repeat(1e6)), /no gemherald \(HTTP 200\)$/],
  ])('it %s', async (_, misbehave, problem) => {
    answer = misbehave
    const { state, problems } = await askReadiness(url)
    expect(state).toBe('unreachable')
    expect(problems.join()).toMatch(problem)
  })
})
