import { once } from 'node:events'
import { connect } from 'node:net'
import express from 'express'
import { pino } from 'pino'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { catalogRouter } from '../../src/catalog/router.js'
import { openTempLedger, testTime } from '../helpers/temp-ledger.js'
import { ask, key, openStage, otherKey, type Stage, serve } from '../manage/stage.js'

const unreadable = '{"broken":'
const times = <T>(count: number, make: (at: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, at) => make(at)))
const refused = (answers: { status: number }[]) => answers.filter(({ status }) => status === 429).length

describe('the throttle of fire', () => {
  let api: Stage
  beforeEach(async () => {
    api = await openStage()
  })
  afterEach(() => api.close())
  const fire = (useKey: string | null, headers: Record<string, string> = {}) =>
    api.call('POST', '/api/v1/web_hooks/fire', {
      key: useKey,
      headers: { 'Content-Type': 'application/json', ...headers },
      body: unreadable,
    })

  it('lets 60 through however many connections come at once', async () => {
    expect(refused(await times(200, () => fire(key)))).toBe(140)
  })

  it('is not misled about who asks', async () => {
    const names = ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'True-Client-IP', 'CF-Connecting-IP']
    const strangers = await times(90, (at) =>
      fire(`wrong key ${at}`, Object.fromEntries(names.map((name) => [name, `203.0.113.${at}`]))),
    )
    expect(refused(strangers)).toBe(30)
    const ways = [key, `Bearer ${key}`, `bearer   ${key}`, `BEARER ${key}`]
    expect(refused(await times(90, (at) => fire(ways[at % ways.length] ?? key)))).toBe(30)
  })

  it('of one caller takes nothing from others', async () => {
    await times(120, () => fire(key))
    await times(120, () => fire(null))
    expect(refused(await times(60, () => fire(otherKey)))).toBe(0)
  })

  it('counts every request on one connection', async () => {
    const socket = connect(api.port, '127.0.0.1')
    let got = ''
    socket.on('data', (chunk) => {
      got += chunk
    })
    const head = `POST /api/v1/web_hooks/fire HTTP/1.1\r\nHost: a\r\nAuthorization: ${key}\r\n`
    const request = `${head}Content-Type: application/json\r\nContent-Length: ${unreadable.length}\r\n`
    for (let sent = 1; sent <= 100; sent += 1)
      socket.write(`${request}${sent === 100 ? 'Connection: close\r\n' : ''}\r\n${unreadable}`)
    await once(socket, 'close')
    expect(got.match(/HTTP\/1\.1 429 /g)).toHaveLength(40)
  })
})

describe('the throttle of searches', () => {
  const temp = openTempLedger()
  afterAll(() => temp.remove())

  it('lets 100 through however many connections come at once', async () => {
    const log = pino({ level: 'silent' })
    const port = await serve(express().use(catalogRouter({ ledger: temp.ledger, now: () => testTime, log })))
    const headers = { 'X-Forwarded-For': '198.51.100.7' }
    const search = () => ask(port.number, 'GET', '/api/v1/search.json?query=a', { key: null, headers })
    expect(refused(await times(250, search))).toBe(150)
    await port.close()
  })
})
