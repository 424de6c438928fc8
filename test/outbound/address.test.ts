import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { addressAllowed, compileAllow } from '../../src/outbound/address.js'
import { allowing, nothing } from '../helpers/outbound-parts.js'
import { endsOf, otherBlocks, registeredBlocks } from './vectors.js'

// First and last address of every block that IANA's special-purpose registries (or a cloud) keep from the internet.
const special = [
  ['0.0.0.0', '0.255.255.255', 'this network'],
  ['10.0.0.0', '10.255.255.255', 'private use'],
  ['100.64.0.0', '100.127.255.255', 'carrier-grade NAT'],
  ['100.100.100.200', '100.100.100.200', 'Alibaba metadata'],
  ['127.0.0.0', '127.255.255.255', 'loopback'],
  ['168.63.129.16', '168.63.129.16', 'Azure host'],
  ['169.254.0.0', '169.254.255.255', 'link local'],
  ['169.254.169.254', '169.254.170.2', 'cloud metadata'],
  ['172.16.0.0', '172.31.255.255', 'private use'],
  ['192.0.0.0', '192.0.0.255', 'IETF protocol assignments'],
  ['192.0.2.0', '192.0.2.255', 'documentation'],
  ['192.31.196.0', '192.31.196.255', 'AS112'],
  ['192.52.193.0', '192.52.193.255', 'AMT'],
  ['192.88.99.0', '192.88.99.255', '6to4 relay'],
  ['192.168.0.0', '192.168.255.255', 'private use'],
  ['192.175.48.0', '192.175.48.255', 'AS112'],
  ['198.18.0.0', '198.19.255.255', 'benchmarking'],
  ['198.51.100.0', '198.51.100.255', 'documentation'],
  ['203.0.113.0', '203.0.113.255', 'documentation'],
  ['224.0.0.0', '239.255.255.255', 'multicast'],
  ['240.0.0.0', '255.255.255.255', 'reserved and broadcast'],
  ['::', '::1', 'unspecified and loopback'],
  ['::2', '::ffff:ffff', 'IPv4-compatible'],
  ['::8.8.8.8', '::808:808', 'IPv4-compatible of a public address'],
  ['::ffff:0:0', '::ffff:0.255.255.255', 'IPv4-mapped this network'],
  ['::ffff:127.0.0.1', '::ffff:7fff:ffff', 'IPv4-mapped loopback'],
  ['::ffff:0:808:808', '::ffff:0:8.8.8.8', 'IPv4-translated'],
  ['64:ff9b::', '64:ff9b::ffff:ffff', 'NAT64'],
  ['64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff', 'local NAT64'],
  ['100::', '100::ffff:ffff:ffff:ffff', 'discard'],
  ['100:0:0:1::', '100:0:0:1:ffff:ffff:ffff:ffff', 'dummy prefix'],
  ['1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '4000::', 'around global unicast'],
  ['2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff', 'Teredo'],
  ['2001:1::1', '2001:1::3', 'anycasts of the IETF'],
  ['2001:2::', '2001:2:0:ffff:ffff:ffff:ffff:ffff', 'benchmarking'],
  ['2001:3::', '2001:4:112:ffff:ffff:ffff:ffff:ffff', 'AMT and AS112'],
  ['2001:10::', '2001:3f:ffff:ffff:ffff:ffff:ffff:ffff', 'ORCHID, ORCHIDv2 and drone ids'],
  ['2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:100::', 'rest of 2001::/23'],
  ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', 'documentation'],
  ['2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '6to4'],
  ['2002:7f00:1::', '2002:a9fe:a9fe::1', '6to4 of loopback and metadata'],
  ['2620:4f:8000::', '2620:4f:8000:ffff:ffff:ffff:ffff:ffff', 'AS112'],
  ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', 'documentation'],
  ['5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'segment routing'],
  ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'unique local'],
  ['fd00:ec2::254', 'fd20:ce::254', 'cloud metadata'],
  ['fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'link local'],
  ['fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'site local'],
  ['ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'multicast'],
  ['2606:4700::5efe:0:0', '2606:4700::5efe:255.255.255.255', 'ISATAP'],
  ['2606:4700::200:5efe:127.0.0.1', '2606:4700:1:2:200:5efe:808:808', 'ISATAP of a unique address'],
] as const

// The nearest addresses outside those blocks, and a few that everybody knows.
const open = [
  ['1.0.0.0', '9.255.255.255'],
  ['11.0.0.0', '100.63.255.255'],
  ['100.128.0.0', '126.255.255.255'],
  ['128.0.0.0', '168.63.129.15'],
  ['168.63.129.17', '169.253.255.255'],
  ['169.255.0.0', '172.15.255.255'],
  ['172.32.0.0', '191.255.255.255'],
  ['192.0.1.0', '192.0.1.255'],
  ['192.0.3.0', '192.31.195.255'],
  ['192.88.98.255', '192.88.100.0'],
  ['192.167.255.255', '192.169.0.0'],
  ['198.17.255.255', '198.20.0.0'],
  ['198.51.99.255', '198.51.101.0'],
  ['203.0.112.255', '203.0.114.0'],
  ['223.255.255.255', '8.8.8.8'],
  ['2000::', '2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:200::', '2001:db7:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:db9::', '2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2003::', '2620:4f:7fff:ffff:ffff:ffff:ffff:ffff'],
  ['2620:4f:8001::', '3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['3fff:1000::', '3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2606:4700:4700::1111', '2001:4860:4860::8.8.8.8'],
  ['2606:4700::5efd:127.0.0.1', '2606:4700::5eff:127.0.0.1'],
  ['2606:4700::1:5efe:127.0.0.1', '2606:4700::5efe:7f00:1:0'],
  ['::ffff:8.8.8.8', '::ffff:808:808'],
] as const

const quads = fc.ipV4()

/** Addresses of a block: all of the block's own bits, then any. */
function insideOf(cidr: string): fc.Arbitrary<string> {
  const [base = '', bits] = cidr.split('/')
  const first = ipaddr.parse(base).toByteArray()
  return fc.uint8Array({ minLength: first.length, maxLength: first.length }).map((any) => {
    const bytes = first.map((own, index) => {
      const mask = 0xff & (0xff00 >> Math.min(8, Math.max(0, Number(bits) - 8 * index)))
      return (own & mask) | ((any[index] ?? 0) & ~mask)
    })
    return ipaddr.fromByteArray(bytes).toString()
  })
}

describe('addressAllowed', () => {
  it.each(special)('refuses %s to %s: %s', (first, last) => {
    expect([addressAllowed(first, nothing), addressAllowed(last, nothing)]).toEqual([false, false])
  })

  it.each([...registeredBlocks, ...otherBlocks])('refuses the whole of %s: %s', (cidr) => {
    expect(endsOf(cidr).filter((end) => addressAllowed(end, nothing))).toEqual([])
    fc.assert(fc.property(insideOf(cidr), (address) => !addressAllowed(address, nothing)))
  })

  it.each(open)('lets %s and %s through', (first, last) => {
    expect([addressAllowed(first, nothing), addressAllowed(last, nothing)]).toEqual([true, true])
  })

  it.each([
    ['', 'localhost', '8.8.8', '134744072', '0x8.8.8.8', '010.8.8.8', '8.8.8.8 ', '8.8.8.8:80', '8.8.8.8/32'],
    [
      '[2003::1]',
      '2003::1%eth0',
      '2003::1%',
      'fe80::1%lo',
      '::ffff:8.8.8.8%1',
      '2003:::1',
      '2003::1/128',
      ':::',
    ],
  ])('refuses text that is not a plain address: %s, …', (...texts) => {
    const all = allowing('0.0.0.0/0', '::/0')
    expect(texts.filter((text) => addressAllowed(text, all))).toEqual([])
  })

  it('judges a mapped address as the IPv4 address in it', () => {
    fc.assert(
      fc.property(quads, (quad) => {
        expect(addressAllowed(`::ffff:${quad}`, nothing)).toBe(addressAllowed(quad, nothing))
        expect(addressAllowed(`0:0:0:0:0:FFFF:${quad}`, nothing)).toBe(addressAllowed(quad, nothing))
      }),
    )
  })

  it('refuses every IPv6 form that wraps an IPv4 address for a translator', () => {
    fc.assert(
      fc.property(
        quads,
        fc.constantFrom('::', '64:ff9b::', '64:ff9b:1::', '2001:0:1:2:3:4:', '::ffff:0:'),
        (quad, prefix) => {
          expect(addressAllowed(prefix + quad, nothing)).toBe(false)
        },
      ),
    )
  })

  it('says no, and does not throw, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-fx:.%[\]/]{0,40}$/)), (text) => {
        expect(typeof addressAllowed(text, nothing)).toBe('boolean')
      }),
    )
  })
})

describe('the allow list', () => {
  it.each([
    [
      '127.0.0.0/8',
      ['127.0.0.1', '127.255.255.255', '::ffff:127.0.0.1', '::ffff:7f00:1'],
      ['::1', '10.0.0.1', '::127.0.0.1'],
    ],
    ['::1/128', ['::1', '0:0:0:0:0:0:0:1'], ['127.0.0.1', '::', '::2']],
    ['::ffff:10.0.0.0/104', ['10.1.2.3', '::ffff:10.1.2.3'], ['172.16.0.1', '::ffff:192.168.0.1']],
    ['10.1.2.3/8', ['10.200.0.1'], ['172.16.0.1']],
    ['192.168.1.128/25', ['192.168.1.128', '192.168.1.255'], ['192.168.1.127']],
    ['fd00::/8', ['fd12:3456::1'], ['fc00::1', 'fe80::1']],
    ['168.63.129.16/32', ['168.63.129.16'], ['169.254.169.254']],
    ['0.0.0.0/0', ['127.0.0.1', '0.0.0.0', '::ffff:10.0.0.1'], ['::1', 'fd00::1', '::10.0.0.1']],
    ['::/0', ['::1', 'fd00::1', '64:ff9b::7f00:1'], ['127.0.0.1', '::ffff:127.0.0.1']],
  ])('%s admits %j and still refuses %j', (cidr, admitted, refused) => {
    const allow = allowing(cidr)
    expect(admitted.filter((ip) => !addressAllowed(ip, allow))).toEqual([])
    expect(refused.filter((ip) => addressAllowed(ip, allow))).toEqual([])
  })

  it('takes nothing away from the public internet', () => {
    expect(addressAllowed('8.8.8.8', allowing('10.0.0.0/8'))).toBe(true)
  })

  it.each([
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8x',
    '10.0.0/8',
    '012.0.0.0/8',
    '::1/129',
    'fe80::1%eth0/64',
    'localhost/8',
    '/8',
    '',
    ' 10.0.0.0/8',
  ])('names "%s" as not a CIDR', (bad) => {
    const result = compileAllow(['127.0.0.0/8', bad, '::1/128'])
    expect(result).toMatchObject({ ok: false, problem: { code: 'invalid' } })
    expect(result.ok || result.problem.message).toContain(`"${bad}" is not a CIDR`)
  })
})
