import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOutbound, type Outbound } from '../../src/outbound/client.js'
import { checkReachable } from '../../src/outbound/guard.js'
import { allowing, knowing, nothing } from '../helpers/outbound-parts.js'
import { type Listener, listenTcp } from '../helpers/outbound-servers.js'
import {
  elsewhere,
  hasIpv6,
  leadHere,
  malformed,
  names,
  nowhere,
  otherBlocks,
  registeredBlocks,
  spellingsOfLoopback,
} from './vectors.js'

// These only a resolver of one's own could answer: no name server can put them into a record.
const oddNames = {
  'localhost.': names.localhost ?? [],
  '127.0.0.1.nip.test.': ['127.0.0.1'],
  'metadata.google.internal.': ['169.254.169.254'],
  'zone.test': ['fe80::1%lo'],
  'nonsense.test': ['127.0.0.1 or so'],
}
const lookup = knowing({ ...names, ...oddNames })
const oddUrls = ['http://zone.test:PORT/', 'http://nonsense.test:PORT/']

let listener: Listener
let outbound: Outbound

beforeAll(async () => {
  // The unspecified address: whichever way leads to this machine leads here.
  listener = await listenTcp(answerOnce, hasIpv6 ? '::' : '0.0.0.0')
  outbound = createOutbound({ allow: nothing, userAgent: 'test', lookup })
})

afterAll(async () => {
  await outbound.close()
  await listener.close()
})

describe('with an empty allow list', () => {
  it.each([...spellingsOfLoopback, ...elsewhere, ...oddUrls])('%j is forbidden', async (text) => {
    const url = text.replace('PORT', String(listener.port))
    expect(await outbound.request({ url, method: 'POST', body: 'secret' })).toMatchObject(forbidden)
    expect(await checkReachable(url, nothing, lookup)).toMatchObject(forbidden)
  })

  it.each(malformed)('%j is invalid', async (text) => {
    const url = text.replace('PORT', String(listener.port))
    expect(await outbound.request({ url, method: 'POST', body: 'secret' })).toMatchObject(invalid)
    expect(await checkReachable(url, nothing, lookup)).toMatchObject(invalid)
  })

  it.each(nowhere)('%j leads nowhere', async (text) => {
    const url = text.replace('PORT', String(listener.port))
    const nowhereToGo = { ok: false, problem: { code: 'unavailable' } }
    expect(await outbound.request({ url, method: 'POST', body: 'secret' })).toMatchObject(nowhereToGo)
  })

  // Connections arrive in order: when one made after all of those is here, none of those is still to come.
  it('nothing arrived at the listener', async () => {
    expect(listener.connections()).toBe(0)
    const control = connect(listener.port, '127.0.0.1', () => control.write('GET / HTTP/1.1\r\n\r\n'))
    await once(control, 'data')
    control.destroy()
    expect([listener.connections(), listener.bytes()]).toEqual([1, 'GET / HTTP/1.1\r\n\r\n'.length])
  })
})

describe('the vectors', () => {
  it('are at least 80, each another', () => {
    const all = [...spellingsOfLoopback, ...elsewhere, ...oddUrls, ...malformed, ...nowhere]
    const blocks = registeredBlocks.length + otherBlocks.length
    expect(spellingsOfLoopback.length + malformed.length).toBeGreaterThan(80)
    expect(new Set(all).size).toBeGreaterThan(80 + blocks)
  })
})

describe('with loopback allowed', () => {
  it.each(leadHere)('%j does arrive', async (text) => {
    const allow = allowing('127.0.0.0/8', '::1/128', '0.0.0.0/32', '::/128')
    const open = createOutbound({ allow, userAgent: 'test', lookup })
    const before = listener.connections()
    const url = text.replace('PORT', String(listener.port))
    expect(await open.request({ url, method: 'POST', body: 'secret' })).toMatchObject({
      ok: true,
      value: { status: 204 },
    })
    expect(listener.connections()).toBe(before + 1)
    await open.close()
  })
})

const forbidden = { ok: false, problem: { code: 'forbidden' } }
const invalid = { ok: false, problem: { code: 'invalid' } }

function answerOnce(socket: Socket): void {
  socket.once('data', () => socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n'))
}
