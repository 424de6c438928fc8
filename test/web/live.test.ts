import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../helpers/wait.js'
import { type FrameStage, key, openFrameStage, otherKey, type Visitor } from './frame-stage.js'

const betweenMs = 500
const heartbeatMs = 15_000

let stage: FrameStage
let visitor: Visitor
beforeEach(async () => {
  stage = await openFrameStage()
  visitor = stage.visitor()
  await visitor.signIn()
})
afterEach(() => stage.close())

/** A page that listens: what it was sent, and whether it was hung up on. */
interface Page {
  answer: IncomingMessage
  text: string
  ended: boolean
}

async function open(of = visitor, url = stage.url): Promise<Page> {
  const request = get(`${url}/live`, { agent: false, headers: { cookie: of.cookie() ?? '' } })
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  const page: Page = { answer, text: '', ended: false }
  answer.on('data', (chunk) => {
    page.text += chunk
  })
  answer.on('close', () => {
    page.ended = true
  })
  return page
}

const changesIn = ({ text }: Page) => text.split('data: changed\n\n').length - 1
const hears = (page: Page, count: number) =>
  until(`a page hears of ${count} changes`, () => changesIn(page) === count)

it('is a stream of events that nobody keeps', async () => {
  const { answer } = await open()
  expect(answer.statusCode).toBe(200)
  expect(answer.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  })
})

describe('a change', () => {
  it('is told to every page at once', async () => {
    const other = stage.visitor()
    await other.signIn(otherKey)
    const pages = [await open(), await open(), await open(other)]
    stage.live.changed()
    for (const page of pages) await hears(page, 1)
  })

  it('is told twice a second at most, and the last one is not lost', async () => {
    const page = await open()
    for (let count = 0; count < 1_000; count++) stage.live.changed()
    await hears(page, 1)
    stage.pass(betweenMs)
    await hears(page, 2)
    stage.pass(betweenMs)
    stage.live.changed()
    await hears(page, 3)
  })

  it('costs no timer when no page is open', () => {
    stage.live.changed()
    expect(stage.timers.size).toBe(0)
  })
})

describe('a connection', () => {
  it('is refused with 401 without a session', async () => {
    expect((await open(stage.visitor())).answer.statusCode).toBe(401)
  })

  it('gets a sign of life that is no message', async () => {
    const page = await open()
    stage.pass(heartbeatMs)
    await until('a sign of life', () => page.text.includes(': still here\n\n'))
    stage.pass(heartbeatMs)
    await until('another one', () => page.text.split(': still here\n\n').length === 3)
    expect(page.text).not.toContain('data:')
  })

  it('ends with its session, and is told so; others stay', async () => {
    const other = stage.visitor()
    await other.signIn(otherKey)
    const [page, stays] = [await open(), await open(other)]
    await visitor.post('/sign-out', { csrf: await visitor.csrf() })
    stage.pass(heartbeatMs)
    await until('the connection ends', () => page.ended)
    expect(page.text).toContain('event: ended\ndata: ')
    await until('the other one gets a sign of life', () => stays.text.includes(': still here'))
    expect(stays.ended).toBe(false)
  })

  it('is the 11th of an account only when another one is given back', async () => {
    const pages: Page[] = []
    for (let count = 0; count < 10; count++) pages.push(await open())
    const refused = await open()
    expect(refused.answer.statusCode).toBe(503)
    expect(refused.answer.headers['retry-after']).toBe('30')
    const other = stage.visitor()
    await other.signIn(otherKey)
    expect((await open(other)).answer.statusCode).toBe(200)
    pages[0]?.answer.destroy()
    await until('there is room again', async () => (await open()).answer.statusCode === 200)
  })

  it('is kept when the ledger cannot be read', async () => {
    const page = await open()
    const { find } = stage.temp.ledger.sessions
    stage.temp.ledger.sessions.find = () => {
      throw new Error('disk')
    }
    stage.pass(heartbeatMs)
    stage.temp.ledger.sessions.find = find
    await until('a sign of life', () => page.text.includes(': still here'))
    expect(stage.logged).toContainEqual(expect.objectContaining({ level: 40 }))
  })

  it('is not cut by a limit that the server has for all others', async () => {
    const app = express()
      .get('/live', stage.live.connect)
      .get('/silent', () => {})
    const server = createServer(app).listen(0, '127.0.0.1')
    server.timeout = 200
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const page = await open(visitor, url)
    await expect(fetch(`${url}/silent`)).rejects.toThrow()
    await expect(fetch(`${url}/silent`)).rejects.toThrow()
    expect(page.ended).toBe(false)
    stage.live.changed()
    await hears(page, 1)
    server.closeAllConnections()
    server.close()
  })
})

it('a stop ends all connections at once, takes no more and leaves no timer', async () => {
  const pages = [await open(), await open()]
  stage.live.changed()
  stage.live.stop()
  for (const page of pages) await until('it ends', () => page.ended)
  expect(stage.timers.size).toBe(0)
  expect((await open()).answer.statusCode).toBe(503)
  expect(pages[0]?.answer.headers.connection).toBe('close')
})

it('a page that leaves is forgotten, and with the last one the heartbeat ends', async () => {
  const page = await open()
  expect(stage.timers.size).toBe(1)
  page.answer.destroy()
  await until('the heartbeat ends', () => {
    stage.pass(heartbeatMs)
    return stage.timers.size === 0
  })
})

it('signing in with a key is enough', async () => {
  const other = stage.visitor()
  await other.signIn(key)
  expect((await open(other)).answer.statusCode).toBe(200)
})
