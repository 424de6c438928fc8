import express from 'express'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endpointOf, unsubscribeRouter, unsubscribeUrl } from '../../src/manage/unsubscribe.js'
import { askPage, donePage, unknownPage } from '../../src/manage/unsubscribe-page.js'
import { createSigner } from '../../src/secret.js'
import { fragments } from '../channels/hostile-payloads.js'
import { readStrictly } from '../channels/strict-html.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import { ask, serve, type WireAnswer } from './stage.js'

const signer = createSigner('a secret of this test', 'unsubscribe')

let temp: TempLedger
let port: Awaited<ReturnType<typeof serve>>

beforeAll(async () => {
  temp = openTempLedger()
  const parts = {
    ledger: temp.ledger,
    signer,
    changed: () => {},
    now: () => testTime,
    log: pino({ level: 'silent' }),
  }
  port = await serve(express().use(unsubscribeRouter(parts)))
})

afterAll(async () => {
  await port.close()
  temp.remove()
})

const pathTo = (endpoint: number) =>
  new URL(unsubscribeUrl('https://gems.example.com', signer, endpoint)).pathname

const oneClick = {
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body: 'List-Unsubscribe=One-Click',
}

const visit = (method: string, path: string, wire = {}): Promise<WireAnswer> =>
  ask(port.number, method, path, { key: null, ...wire })

const hooksOf = (endpoint: number) =>
  temp.query('SELECT id FROM hooks WHERE endpoint_id = ?', endpoint).length

let count = 0

/** An endpoint with two hooks and a delivery that waits. */
function subscribe(): number {
  const url = `mailto:team${++count}@example.com`
  temp.hook({ gemName: 'rails', url, channel: 'email' })
  const endpoint = temp.hook({ gemName: '*', url, channel: 'email' })
  temp.arrive({ name: 'rails', version: `1.${count}` })
  temp.fanOut()
  return endpoint
}

describe('unsubscribeUrl', () => {
  it('makes links that lead back to the endpoint, the same each time', () => {
    const url = unsubscribeUrl('https://gems.example.com/base', signer, 42)
    expect(url).toMatch(/^https:\/\/gems\.example\.com\/base\/unsubscribe\/42\.[\w-]+$/)
    expect(unsubscribeUrl('https://gems.example.com/base', signer, 42)).toBe(url)
    expect(endpointOf(signer, url.slice(url.lastIndexOf('/') + 1))).toBe(42)
  })

  const mark = signer.sign('42').slice(2)
  const foreign = createSigner('a secret of this test', 'other').sign('42')
  it.each(['', 'x', '42', '42.', `43${mark}`, mark, `42${mark}x`, 'a'.repeat(60), '%zz', foreign])(
    'is not to be guessed: %j',
    (token) => {
      expect(endpointOf(signer, token)).toBeUndefined()
    },
  )
})

describe('GET /unsubscribe/:token', () => {
  it('asks first and changes nothing, however often it is called', async () => {
    const endpoint = subscribe()
    for (const method of ['GET', 'HEAD', 'GET'])
      expect(await visit(method, pathTo(endpoint))).toMatchObject({ status: 200 })
    expect(hooksOf(endpoint)).toBe(2)
  })

  it('is a page with a form, and with nothing from elsewhere', async () => {
    const { headers, body } = await visit('GET', pathTo(subscribe()))
    expect(headers).toMatchObject({
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Robots-Tag': 'noindex',
    })
    expect(headers['Content-Security-Policy']).toContain("default-src 'none'")
    expect(headers['Content-Security-Policy']).toContain("form-action 'self'")
    expect(body).toContain('<form method="post">')
    expect(body).not.toMatch(/<script|src=|href=|http/)
  })
})

describe('the pages', () => {
  const elements = (html: string) =>
    readStrictly(html).elements.map(({ name, attributes }) => [name, ...Object.keys(attributes)].join(' '))
  const frame = ['html lang', 'head', 'meta charset', 'meta name content', 'title', 'body', 'h1', 'p']

  it.each([
    ['that asks', askPage, [...frame, 'form method', 'button name value']],
    ['that says it is done', donePage, frame],
    ['for unknown links', unknownPage, frame],
  ])('%s holds what it should and no more', (_what, page, expected) => {
    expect(elements(page)).toEqual(expected)
  })

  it('say nothing that came with the request', async () => {
    const path = pathTo(subscribe())
    for (const fragment of fragments.filter((text) => !/\p{Cs}/u.test(text))) {
      const hostile = encodeURIComponent(fragment)
      const body = `List-Unsubscribe=${hostile}&${hostile}`
      const answers = [
        await visit('GET', `${path}?x=${hostile}&${hostile}`, { headers: { Referer: hostile } }),
        await visit('GET', `/unsubscribe/x${hostile}`),
        await visit('POST', `/unsubscribe/x${hostile}`, { ...oneClick, body }),
      ]
      expect(answers.map((answer) => answer.body)).toEqual([askPage, unknownPage, unknownPage])
    }
  })
})

describe('POST /unsubscribe/:token', () => {
  it.each([
    ['a mail program', oneClick],
    ['the page', { ...oneClick, body: 'List-Unsubscribe=One-Click' }],
    ['a client without a body', {}],
  ])('from %s removes all hooks of the endpoint, and what waited for it', async (_what, wire) => {
    const endpoint = subscribe()
    const neighbour = subscribe()
    const answer = await visit('POST', pathTo(endpoint), wire)
    expect(answer.status).toBe(200)
    expect(answer.body).toContain('This address gets no more messages')
    expect(hooksOf(endpoint)).toBe(0)
    expect(hooksOf(neighbour)).toBe(2)
    const states = temp.query('SELECT DISTINCT state FROM deliveries WHERE endpoint_id = ?', endpoint)
    expect(states).toEqual([{ state: 'cancelled' }])
  })

  it('ends what other spellings and other accounts send to the same mailbox', async () => {
    const mails = ['mailto:shared@example.com', 'MAILTO:shared@Example.com', 'mailto:sh%61red@example.com']
    const endpoints = mails.map((url) => temp.hook({ gemName: 'rails', url, channel: 'email' }))
    endpoints.push(
      temp.hook({ gemName: 'rack', url: mails[0] as string, channel: 'email', account: 'other' }),
    )
    expect(new Set(endpoints).size).toBe(2)
    await visit('POST', pathTo(endpoints[0] as number), oneClick)
    for (const endpoint of endpoints) expect(hooksOf(endpoint)).toBe(0)
  })

  it('says the same the second time', async () => {
    const path = pathTo(subscribe())
    expect(await visit('POST', path, oneClick)).toEqual(await visit('POST', path, oneClick))
  })
})

describe('a bad token', () => {
  const cutShort = () => pathTo(subscribe()).slice(0, -1)
  it.each([
    ['made up', () => '/unsubscribe/made-up'],
    ['cut short', cutShort],
    ['longer', () => `${pathTo(1)}AAAA`],
    ['of another purpose', () => `/unsubscribe/${createSigner('a secret of this test', 'x').sign('1')}`],
    ['that cannot be decoded', () => '/unsubscribe/%zz'],
    ['of nothing', () => '/unsubscribe/%20'],
  ])('%s is answered with 404 and changes nothing', async (_what, path) => {
    const target = path()
    const before = temp.query('SELECT id FROM hooks')
    for (const method of ['GET', 'POST']) {
      const answer = await visit(method, target)
      expect(answer.status).toBe(404)
      expect(answer.body).toContain('Unknown link')
    }
    expect(temp.query('SELECT id FROM hooks')).toEqual(before)
  })
})
