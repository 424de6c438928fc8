import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nothing } from '../helpers/outbound-parts.js'
import { key, openStage, otherKey, type Stage } from '../manage/stage.js'

let api: Stage
beforeAll(async () => {
  // Nothing but the public internet may be reached, and two names lead elsewhere.
  api = await openStage({
    allow: nothing,
    names: { 'inside.example.com': ['10.0.0.1'], 'both.example.com': ['93.184.216.34', '169.254.169.254'] },
  })
  api.temp.arrive({ name: 'rails' })
})
afterAll(() => api.close())

const json = { 'Content-Type': 'application/json' }
const verbs: [method: string, path: string][] = [
  ['POST', '/api/v1/web_hooks'],
  ['POST', '/api/v1/web_hooks/fire'],
  ['DELETE', '/api/v1/web_hooks/remove'],
]

const urls: [why: string, url: unknown][] = [
  ['nothing', ''],
  ['blanks', ' \t\n'],
  ['no scheme', 'example.com/hook'],
  ['a relative one', '//example.com/hook'],
  ...[
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'ftp://example.com/',
    'gopher://example.com/1',
  ].map((url): [string, string] => ['another scheme', url]),
  ...[
    'redis://127.0.0.1:6379/',
    'ws://example.com/',
    'unix:/run/docker.sock',
    'HTTP+UNIX://%2Frun%2Fdocker.sock/',
  ].map((url): [string, string] => ['another scheme', url]),
  ['loopback', 'http://127.0.0.1/'],
  ['loopback by name', 'http://localhost/'],
  ['loopback in short', 'http://127.1/'],
  ['loopback in decimal', 'http://2130706433/'],
  ['loopback in octal', 'http://0177.0.0.1/'],
  ['loopback in IPv6', 'http://[::1]/'],
  ['loopback mapped', 'http://[::ffff:127.0.0.1]/'],
  ['any address', 'http://0.0.0.0/'],
  ['a private address', 'http://10.1.2.3/'],
  ['cloud metadata', 'http://169.254.169.254/latest/meta-data/'],
  ['a name of a private address', 'http://inside.example.com/'],
  ['a name with two faces', 'http://both.example.com/'],
  ['a port of mail', 'http://example.com:25/'],
  ['a port too high', 'http://example.com:99999/'],
  ['another host behind userinfo', 'http://example.com:80@127.0.0.1/'],
  ['two userinfos', 'http://a:b@c:d@example.com/'],
  ['a backslash', 'http://example.com\\@127.0.0.1/'],
  ['a line break', 'http://example.com/\r\nX-Injected: 1'],
  ['a blank', 'http://example.com/a b'],
  ['an escape sequence', 'http://exa\u001b[31mmple.com/'],
  ['a direction mark', 'http://example.com/\u202egnp.exe'],
  ['a full-width host', 'http://１２７.０.０.１/'],
  ['a soft hyphen', 'http://127.0.0\u00ad.1/'],
  ['a percent-encoded host', 'http://%31%32%37.0.0.1/'],
  ['a zone id', 'http://[fe80::1%25eth0]/'],
  ['markup', 'http://<script>alert(1)</script>/'],
  ['SQL', "http://x.com/' OR '1'='1"],
  ['a lone surrogate', 'http://example.com/\ud800'],
  ['a NUL', 'http://example.com/\0'],
  ['two mailboxes', 'mailto:a@example.com,b@example.com'],
  ['a mail header', 'mailto:a@example.com?bcc=b@example.com'],
  ['a mailbox with a line break', 'mailto:a@example.com%0d%0aBcc:b@example.com'],
  ['a quoted mailbox', 'mailto:"a b"@example.com'],
  ['a list', ['http://example.com/']],
  ['an object', { toString: 'http://example.com/' }],
  ['a number', 1e21],
  ['a template', 'http://#{`id`}/'],
]

const names: [why: string, gemName: unknown][] = [
  ['nothing', ''],
  ['a blank', ' '],
  ['a folder', '..'],
  ['a path', '../../etc/passwd'],
  ['a percent-encoded path', '..%2f..%2fadmin'],
  ['a query', 'rails?x=1'],
  ['a fragment', 'rails#x'],
  ['another path', 'rails/../secrets'],
  ['two stars', '**'],
  ['a star and a line break', '*\n'],
  ['a line break', 'rails\r\nX-Injected: 1'],
  ['a NUL', 'rails\0'],
  ['an escape sequence', '\u001b]0;x\u0007'],
  ['a direction mark', 'rails\u202e'],
  ['a letter that looks alike', 'r\u0430ils'],
  ['markup', '<img src=x onerror=alert(1)>'],
  ['SQL', "rails'; DROP TABLE hooks; --"],
  ['a template', '#{`id`}'],
  ['a prototype', '__proto__\u0020'],
  ['300 characters', 'a'.repeat(300)],
  ['60,000 characters', 'a'.repeat(60_000)],
  ['a lone surrogate', '\udfff'],
  ['a list', ['rails']],
  ['an object', { name: 'rails' }],
  ['null', null],
  ['a number with a sign', -1],
]

/** JSON can write what forms cannot. The two tables have a key each, since `fire` takes 60 a minute. */
describe.each(verbs)('%s %s', (method, path) => {
  const call = (useKey: string, gem_name: unknown, url: unknown) =>
    api.call(method, path, { key: useKey, headers: json, body: JSON.stringify({ gem_name, url }) })

  it.each(urls)('refuses a URL that is or has %s: %j', async (_why, url) => {
    await expectRefusal(await call(key, 'rails', url))
  })

  it.each(names)('refuses a name that is or has %s: %j', async (_why, gemName) => {
    await expectRefusal(await call(otherKey, gemName, 'http://example.com/'))
  })
})

describe('a long URL', () => {
  it.each([256, 60_000])('of %d characters is not registered', async (length) => {
    const url = 'http://example.com/'.padEnd(length, 'a')
    expect((await api.post('/api/v1/web_hooks', { gem_name: 'rails', url })).body).toContain('is too long')
  })
})

async function expectRefusal({ status, headers, body }: Awaited<ReturnType<Stage['call']>>): Promise<void> {
  expect([400, 404, 409, 413], `${status} ${body}`).toContain(status)
  expect(headers).not.toHaveProperty('X-Injected')
  expect(headers['Content-Type']).toMatch(/^(text\/plain|application\/json); charset=utf-8$|^text\/html/)
  if (headers['Content-Type']?.startsWith('text/html')) expect(body).toMatch(/^<!DOCTYPE html><title>400 Bad/)
  // No inside address is told, no message was sent, and nothing was stored.
  expect(body).not.toMatch(/10\.0\.0\.1|\.ts:|\.js:/)
  expect(api.jobs).toEqual([])
  expect(api.temp.query('SELECT * FROM hooks')).toEqual([])
}
