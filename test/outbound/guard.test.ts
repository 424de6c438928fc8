import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressAllowed } from '../../src/outbound/address.js'
import { checkReachable, checkUrl } from '../../src/outbound/guard.js'
import { codePoint } from '../helpers/code-point.js'
import { knowing, loopback, nothing } from '../helpers/outbound-parts.js'

describe('checkUrl', () => {
  it.each([
    ['https://example.com', 'https://example.com/'],
    ['HTTPS://Example.COM/Path?q=1#f', 'https://example.com/Path?q=1#f'],
    ['http://example.com:80/', 'http://example.com/'],
    ['http://example.com:443/', 'http://example.com:443/'],
    ['https://example.com:80/', 'https://example.com:80/'],
    ['https://example.com:8080/', 'https://example.com:8080/'],
    ['https://example.com:8443/', 'https://example.com:8443/'],
    ['http://example.com:1024/', 'http://example.com:1024/'],
    ['http://example.com:65535/', 'http://example.com:65535/'],
    ['http://user:pass@example.com/', 'http://user:pass@example.com/'],
    ['http://user:p%40ss@example.com/', 'http://user:p%40ss@example.com/'],
    ['http://8.8.8.8/', 'http://8.8.8.8/'],
    ['http://[2606:4700:4700::1111]/', 'http://[2606:4700:4700::1111]/'],
    ['http://[::ffff:8.8.8.8]/', 'http://[::ffff:808:808]/'],
    ['http://bücher.example/', 'http://xn--bcher-kva.example/'],
    ['http://example.com/a@b', 'http://example.com/a@b'],
    ['http://example.com/%2e%2e/?u=http://127.0.0.1/', 'http://example.com/?u=http://127.0.0.1/'],
  ])('accepts %s', (text, href) => {
    const result = checkUrl(text, nothing)
    expect(result.ok && result.value.href).toBe(href)
  })

  it.each([
    ['', 'does not start with http'],
    ['example.com', 'does not start with http'],
    ['ftp://example.com/', 'does not start with http'],
    ['file:///etc/passwd', 'does not start with http'],
    ['javascript:alert(1)', 'does not start with http'],
    ['http:example.com', 'does not start with http'],
    ['http:/example.com', 'does not start with http'],
    ['http:///example.com', 'does not start with http'],
    ['http://', 'does not start with http'],
    ['http://exa mple.com/', 'whitespace'],
    [' http://example.com/', 'whitespace'],
    ['http://example.com/\n', 'whitespace'],
    ['http://exam\tple.com/', 'whitespace'],
    ['http://example.com/\u0000', 'invisible character'],
    ['http://exam\u00adple.com/', 'invisible character'],
    ['http://example.com/\u202e', 'invisible character'],
    ['http://example.com\\@127.0.0.1/', 'backslash'],
    ['http:\\\\example.com/', 'backslash'],
    ['http://a@b@example.com/', 'more than one "@"'],
    ['http://ex%61mple.com/', 'contains "%"'],
    ['http://[fe80::1%25eth0]/', 'contains "%"'],
    ['http://user:a%2fb@example.com/', 'not accepted there'],
    ['http://us%5Cer@example.com/', 'not accepted there'],
    ['http://user:a%0d%0ab@example.com/', 'not accepted there'],
    ['http://us%3Aer:pw@example.com/', 'not accepted there'],
    ['http://user:%ff@example.com/', 'not percent-encoded UTF-8'],
    ['http://user:%zz@example.com/', 'not percent-encoded UTF-8'],
    ['http://example.com:port/', 'no valid host and port'],
    ['http://example.com:65536/', 'no valid host and port'],
    ['http://1.2.3.4.5/', 'no valid host and port'],
    ['http://[::1/', 'no valid host and port'],
    ['http://exa<mple.com/', 'no valid host and port'],
  ])('finds %j malformed: %s', (text, reason) => {
    const result = checkUrl(text, nothing)
    expect(result).toMatchObject({ ok: false, problem: { code: 'invalid' } })
    expect(result.ok || result.problem.message).toContain(reason)
  })

  it.each([0, 1, 22, 25, 53, 79, 81, 442, 444, 587, 993, 1023])('refuses port %i', (port) => {
    const result = checkUrl(`https://example.com:${port}/`, nothing)
    expect(result).toMatchObject({ ok: false, problem: { code: 'forbidden' } })
    expect(result.ok || result.problem.message).toContain(`port ${port} is not reachable`)
  })

  it('refuses a literal address by name, unless it is on the allow list', () => {
    const text = 'http://127.1:8080/'
    const message = expect.stringMatching(/^127\.0\.0\.1 is not an address on the public internet/)
    expect(checkUrl(text, nothing)).toEqual({ ok: false, problem: { code: 'forbidden', message } })
    expect(checkUrl(text, loopback)).toMatchObject({ ok: true })
  })

  it('keeps passwords out of its messages', () => {
    const texts = [
      'http://me:hunter2@127.0.0.1/',
      'http://me:hunter2@h:22/',
      'http://me:hunter2%2f@h/',
      'http://me:hunter2@h:x/',
    ]
    expect(texts.map((text) => JSON.stringify(checkUrl(text, nothing))).join()).not.toContain('hunter2')
  })

  it('judges every spelling of an IPv4 address as the address', () => {
    const part = (value: number) =>
      fc.constantFrom(
        `${value}`,
        `0x${value.toString(16)}`,
        `0X00${value.toString(16)}`,
        `0${value.toString(8)}`,
      )
    const spelling = fc
      .tuple(fc.ipV4(), fc.integer({ min: 1, max: 4 }), fc.constantFrom('', '.'))
      .chain(([quad, parts, dot]) => {
        const octets = quad.split('.').map(Number)
        const last = octets.slice(parts - 1).reduce((sum, octet) => sum * 256 + octet, 0)
        const written = [...octets.slice(0, parts - 1), last].map(part)
        return fc.tuple(
          fc.constant(quad),
          fc.tuple(...written).map((texts) => texts.join('.') + dot),
        )
      })
    fc.assert(
      fc.property(spelling, ([quad, written]) => {
        expect(checkUrl(`http://${written}/`, nothing).ok).toBe(addressAllowed(quad, nothing))
      }),
      { numRuns: 500 },
    )
  })

  it('lets no literal address through that is not allowed, and does not throw, whatever the text', () => {
    const hostile = fc.oneof(
      fc.string({ unit: codePoint }),
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc
        .string({ unit: fc.constantFrom(...'htps:/@.%[]\\#?0x127:f\u0000é') })
        .map((tail) => `http://${tail}`),
    )
    fc.assert(
      fc.property(hostile, (text) => {
        const result = checkUrl(text, nothing)
        const host = result.ok ? result.value.hostname.replace(/^\[|]$/g, '') : ''
        expect(isIP(host) === 0 || addressAllowed(host, nothing)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('checkReachable', () => {
  const lookup = knowing({
    'public.test': ['93.184.215.14', '2606:4700:4700::1111'],
    'inside.test': ['10.0.0.7'],
    'two-faced.test': ['93.184.215.14', '127.0.0.1'],
    'loopback.test': ['127.0.0.1', '::1'],
    'empty.test': [],
  })

  it.each([
    ['http://public.test/', nothing],
    ['http://nobody.test/', nothing],
    ['http://empty.test/', nothing],
    ['http://loopback.test/', loopback],
    ['http://two-faced.test/', loopback],
    ['http://[::1]:8080/', loopback],
  ])('accepts %s', async (text, allow) => {
    expect(await checkReachable(text, allow, lookup)).toMatchObject({ ok: true, value: new URL(text) })
  })

  it.each([
    ['http://inside.test/', nothing],
    ['http://inside.test/', loopback],
    ['http://two-faced.test/', nothing],
    ['http://loopback.test/', nothing],
  ])('refuses %s, and does not tell its address', async (text, allow) => {
    const result = await checkReachable(text, allow, lookup)
    expect(result).toMatchObject({ ok: false, problem: { code: 'forbidden' } })
    expect(result.ok || result.problem.message).toMatch(
      /^[a-z-]+\.test has an address that is not on the public/,
    )
    expect(result.ok || result.problem.message).not.toMatch(/\d/)
  })

  it('says what checkUrl says before it asks for any address', async () => {
    const never = () => Promise.reject(new Error('asked'))
    expect(await checkReachable('http://10.0.0.1/', nothing, never)).toEqual(
      checkUrl('http://10.0.0.1/', nothing),
    )
    expect(await checkReachable('nonsense', nothing, never)).toEqual(checkUrl('nonsense', nothing))
    expect(await checkReachable('http://8.8.8.8/', nothing, never)).toMatchObject({ ok: true })
  })

  it('asks the system when not given a resolver', async () => {
    expect(await checkReachable('http://localhost/', nothing)).toMatchObject({
      problem: { code: 'forbidden' },
    })
    expect(await checkReachable('http://localhost/', loopback)).toMatchObject({ ok: true })
  })

  it('lets a broken resolver be seen', async () => {
    const broken = () => Promise.reject(new TypeError('not a function'))
    await expect(checkReachable('http://public.test/', nothing, broken)).rejects.toThrow('not a function')
  })
})
