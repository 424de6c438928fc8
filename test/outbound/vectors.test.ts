import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOutbound, type Outbound } from '../../src/outbound/client.js'
import { checkReachable } from '../../src/outbound/guard.js'
import { allowing, knowing, nothing } from '../helpers/outbound-parts.js'
import { type Listener, listenTcp } from '../helpers/outbound-servers.js'

// PORT stands for the port of a listener that takes connections to every address of this machine. The first table
// really does lead to it, as long as nothing stops it; a test below shows that.
const spellingsOfLoopback = [
  'http://127.0.0.1:PORT/',
  'http://127.0.0.1:PORT',
  'HTTP://127.0.0.1:PORT/',
  'http://127.1:PORT/',
  'http://127.0.1:PORT/',
  'http://127.0.0.2:PORT/',
  'http://127.255.255.254:PORT/',
  'http://2130706433:PORT/',
  'http://0x7f000001:PORT/',
  'http://0X7F000001:PORT/',
  'http://017700000001:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://0177.0.0.01:PORT/',
  'http://0x7f.0.0.1:PORT/',
  'http://0x7f.1:PORT/',
  'http://0x7f.0x0.0x0.0x1:PORT/',
  'http://127.0x0.00.1:PORT/',
  'http://0x7f.0.01:PORT/',
  'http://127.0.0.1.:PORT/',
  'http://0x7f.1.:PORT/',
  'http://①②⑦.⓪.⓪.①:PORT/',
  'http://１２７.０.０.１:PORT/',
  'http://127。0。0。1:PORT/',
  'http://0:PORT/',
  'http://0.0.0.0:PORT/',
  'http://00:PORT/',
  'http://[::1]:PORT/',
  'http://[0:0:0:0:0:0:0:1]:PORT/',
  'http://[0000::0001]:PORT/',
  'http://[::]:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[::FFFF:7f00:1]:PORT/',
  'http://[0:0:0:0:0:ffff:7f00:0001]:PORT/',
  'http://[::ffff:0.0.0.0]:PORT/',
  'http://127.0.0.1:PORT/x@example.com/',
  'http://127.0.0.1:PORT?@example.com/',
  'http://127.0.0.1:PORT#@example.com/',
  'http://example.com@127.0.0.1:PORT/',
  'http://example.com:80@127.0.0.1:PORT/',
  'http://user:pw@127.0.0.1:PORT/',
  'http://@127.0.0.1:PORT/',
  'http://:@[::1]:PORT/',
  'http://localhost:PORT/',
  'http://localhost.:PORT/',
  'http://LOCALHOST:PORT/',
  'http://127.0.0.1.nip.test:PORT/',
  'http://six.test:PORT/',
  'http://mapped.test:PORT/',
  'http://any.test:PORT/',
]

const elsewhere = [
  'http://10.0.0.1:PORT/',
  'http://172.16.0.1:PORT/',
  'http://192.168.0.1:PORT/',
  'http://169.254.169.254/latest/meta-data/',
  'http://2852039166/latest/meta-data/',
  'http://0xa9fea9fe/latest/meta-data/',
  'http://[::ffff:169.254.169.254]/latest/meta-data/',
  'http://[fd00:ec2::254]/latest/meta-data/',
  'http://metadata.google.internal/computeMetadata/v1/',
  'http://100.100.100.200/latest/meta-data/',
  'http://168.63.129.16/metadata/instance',
  'http://192.0.0.192/opc/v2/instance/',
  'http://[::127.0.0.1]:PORT/',
  'http://[::ffff:0:127.0.0.1]:PORT/',
  'http://[64:ff9b::127.0.0.1]:PORT/',
  'http://[64:ff9b::7f00:1]:PORT/',
  'http://[64:ff9b:1::7f00:1]:PORT/',
  'http://[2002:7f00:1::]:PORT/',
  'http://[2001:0:7f00:1::]:PORT/',
  'http://[fe80::1]:PORT/',
  'http://[fec0::1]:PORT/',
  'http://[fc00::1]:PORT/',
  'http://[ff02::1]:PORT/',
  'http://[100::1]:PORT/',
  'http://[5f00::1]:PORT/',
  'http://255.255.255.255:PORT/',
  'http://224.0.0.1:PORT/',
  'http://240.0.0.1:PORT/',
  'http://198.18.0.1:PORT/',
  'http://two-faced.test:PORT/',
  'http://compatible.test:PORT/',
  'http://nat64.test:PORT/',
  'http://zone.test:PORT/',
  'http://nonsense.test:PORT/',
  'http://example.com:22/',
  'http://example.com:1023/',
  'http://example.com:0/',
]

const malformed = [
  'http://127.0.0.1:PORT\\@example.com/',
  'http:\\\\127.0.0.1:PORT/',
  'http://example.com\\@127.0.0.1:PORT/',
  'http://127.0.0.1\t:PORT/',
  'http://127.0.0.1\n:PORT/',
  ' http://127.0.0.1:PORT/',
  'http://127.0.0.1 :PORT/',
  'http://127.0.0.1\u00ad:PORT/',
  'http://127.0.0.1\u0000.example.com:PORT/',
  'http:127.0.0.1:PORT/',
  'http:/127.0.0.1:PORT/',
  'http:///127.0.0.1:PORT/',
  '//127.0.0.1:PORT/',
  'http://a@b@127.0.0.1:PORT/',
  'http://example.com%2f@127.0.0.1:PORT/',
  'http://127.0.0.1:PORT%2f@example.com/',
  'http://127.0.0.1%5c@example.com:PORT/',
  'http://%31%32%37.0.0.1:PORT/',
  'http://127%2e0.0.1:PORT/',
  'http://127.0.0.1%00.example.com:PORT/',
  'http://127.0.0.1%23.example.com:PORT/',
  'http://[::1%25lo]:PORT/',
  'http://[::1%lo]:PORT/',
  'http://[fe80::1%25lo]:PORT/',
  'http://[127.0.0.1]:PORT/',
  'http://256.0.0.1:PORT/',
  'http://127.0.0.1.5:PORT/',
  'http://0x7f.0.0.0.1:PORT/',
  'http://127.0.0.1:PORT:80/',
  'http://127.0.0.1:-PORT/',
  'ftp://127.0.0.1:PORT/',
  'ws://127.0.0.1:PORT/',
  'gopher://127.0.0.1:PORT/_GET',
  'file://127.0.0.1/etc/passwd',
  'data:text/plain,127.0.0.1:PORT',
]

const lookup = knowing({
  localhost: ['127.0.0.1', '::1'],
  'localhost.': ['::1', '127.0.0.1'],
  '127.0.0.1.nip.test': ['127.0.0.1'],
  'six.test': ['::1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'any.test': ['0.0.0.0'],
  'metadata.google.internal': ['169.254.169.254'],
  'two-faced.test': ['93.184.215.14', '127.0.0.1'],
  'compatible.test': ['::127.0.0.1'],
  'nat64.test': ['64:ff9b::7f00:1'],
  'zone.test': ['fe80::1%lo'],
  'nonsense.test': ['127.0.0.1 or so'],
})

// Some containers have no IPv6, and there these cannot arrive; that they are refused is shown everywhere.
const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)
const leadHere = spellingsOfLoopback.filter((text) => hasIpv6 || !/\[|six|mapped/.test(text))

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
  it.each([...spellingsOfLoopback, ...elsewhere])('%j is forbidden', async (text) => {
    const url = text.replace('PORT', String(listener.port))
    expect(await outbound.request({ url, method: 'POST', body: 'secret' })).toMatchObject(forbidden)
    expect(await checkReachable(url, nothing, lookup)).toMatchObject(forbidden)
  })

  it.each(malformed)('%j is invalid', async (text) => {
    const url = text.replace('PORT', String(listener.port))
    expect(await outbound.request({ url, method: 'POST', body: 'secret' })).toMatchObject(invalid)
    expect(await checkReachable(url, nothing, lookup)).toMatchObject(invalid)
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
