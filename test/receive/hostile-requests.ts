import { brotliCompressSync, gzipSync } from 'node:zlib'
import { authorizationFor, factsOf } from '../helpers/webhooks.js'

/** A request to the receiver, as bytes, and what a test must know to judge the answer. */
export interface HostileRequest {
  bytes: Buffer
  target: string
  /** The values of all `Authorization` headers. */
  authorization: string[]
  body: Buffer
  /** A webhook that is right in every way but for what its facts say. */
  genuine: boolean
  /** Node.js refuses it before the app sees it, without a body. */
  bare: boolean
}

export interface HostileOptions {
  /** What genuine headers are made with. */
  secrets: readonly string[]
  /** The receiver token, when there is one. */
  token: string | null
}

/** Any number as a source of choices: as good as any other, and the same each time. */
export function chooserOf(seed: number): Choose {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return {
    below: (limit) => next() % limit,
    of: (items) => items[next() % items.length] as never,
    oneIn: (count) => next() % count === 0,
  }
}

export interface Choose {
  below(limit: number): number
  of<T>(items: readonly T[]): T
  oneIn(count: number): boolean
}

/** A request with something wrong, or nothing, in each of its parts. */
export function hostileRequest(seed: number, options: HostileOptions): HostileRequest {
  const choose = chooserOf(seed)
  const genuine = choose.oneIn(3)
  const body = genuine ? anyFactsBody(choose) : anyBody(choose)
  const claim = claimOf(body)
  const right = authorizationFor(...claim, choose.of(options.secrets))
  const authorization = genuine ? [right] : authorizations(choose, right, claim, options.secrets)
  const method =
    genuine || !choose.oneIn(20) ? 'POST' : choose.of(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
  const target = genuine ? targetOf(options.token) : anyTarget(choose, options.token)
  const content: [string, string][] = genuine ? [['Content-Type', 'application/json']] : anyContent(choose)
  const isHttp10 = choose.oneIn(20)
  const expect = genuine || isHttp10 || !choose.oneIn(15) ? null : choose.of(['100-continue', '200-ok', ''])
  const sent = sentBody(choose, content, body)
  const headers: [string, string][] = [
    ['Host', choose.oneIn(30) ? 'evil.example:99999' : '127.0.0.1'],
    ...authorization.map((value): [string, string] => [
      choose.of(['Authorization', 'authorization', 'AUTHORIZATION']),
      value,
    ]),
    ...content,
    ...(expect === null ? [] : [['Expect', expect] as [string, string]]),
    ...(choose.oneIn(4) ? [choose.of(oddHeaders)] : []),
  ]
  const version = isHttp10 ? '1.0' : '1.1'
  const framed = framedBody(choose, sent, { genuine, isHttp10 })
  const lines = [
    `${method} ${target} HTTP/${version}`,
    ...[...headers, ...framed.headers].map((pair) => pair.join(': ')),
  ]
  return {
    bytes: Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), framed.body]),
    target,
    authorization,
    body: sent,
    genuine,
    bare: expect !== null && expect !== '100-continue',
  }
}

/** What a body says it is about, for as much as it can be read. */
export function claimOf(body: Buffer): [string, string] {
  try {
    const { name, version } = JSON.parse(body.toString('utf8'))
    return [typeof name === 'string' ? name : 'odd', typeof version === 'string' ? version : 'odd']
  } catch {
    return ['odd', 'odd']
  }
}

const names = [
  'rails',
  'foo',
  'foo1',
  'a',
  'b',
  '1a',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(255),
]
const versions = ['12.0', '2.0', '1.0.0', '0', '1.0-java', '2.0.0.rc1', `1.${'9'.repeat(250)}`, '00.1']
const oddTexts = [
  ...[
    '\ud800',
    'a\udfff',
    'ruby\u0000',
    '../../etc/passwd',
    '..',
    '',
    ' ',
    '1',
    '12',
    'é',
    'a\r\nX: y',
    '٣',
    '-1',
  ],
  ...[
    'x'.repeat(256),
    'x'.repeat(5000),
    'latest',
    '1.',
    '.1',
    '1..2',
    '1.0 ',
    '\ufeffrails',
    '%00',
    '<!channel>',
  ],
]
/** Values as JSON texts: some of them no JavaScript value can be written as. */
const oddValues = [
  ...[
    'null',
    'true',
    'false',
    '0',
    '-0',
    '-1',
    '7',
    '1e308',
    '1e999',
    '-1e999',
    '1'.repeat(400),
    '0.1e-400',
    '""',
    '[]',
    '{}',
  ],
  ...[
    '"\\ud800"',
    '"\\u0000"',
    '"\\udfff\\ud800"',
    '["rails"]',
    '{"name":"rails"}',
    '[null]',
    '[[[[[]]]]]',
    '[1,"2",{}]',
  ],
  ...[
    '{"__proto__":{"name":"rails"}}',
    '{"constructor":{"prototype":{"x":1}}}',
    '{"toString":1,"toJSON":1}',
    '{"":"","0":1}',
  ],
  ...[
    '"9999-12-31T23:59:59Z"',
    '"+275760-09-13T00:00:00.001Z"',
    '"0000-01-01T00:00:00Z"',
    '"2026-13-45T99:99:99Z"',
  ],
  ...[
    '"-000001-01-01T00:00:00Z"',
    '"1970-01-01T00:00:00.000Z"',
    '"2026-02-30T25:61:61+99:99"',
    '-8640000000000001',
  ],
  ...[
    '"<!channel> <@U123>"',
    '"javascript:alert(1)"',
    '"\\r\\nBcc: x@evil.example\\r\\n\\r\\n"',
    '"\\u202Egpj.exe"',
    '"http://["',
  ],
  ...[
    `"${'x'.repeat(5000)}"`,
    nested(20),
    nested(31),
    `"${'\\ud83d\\ude00'.repeat(300)}"`,
    '"ruby"',
    '"https://github.com/a/b"',
  ],
]
const keys = Object.keys(factsOf())
const oddKeys = [
  '__proto__',
  'constructor',
  'toJSON',
  'hasOwnProperty',
  '',
  '0',
  '4294967295',
  'Name',
  'name ',
  '\u0000',
  'length',
]

function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels)
}

/** The facts of a release that RubyGems.org could have, but for some that it could not, as JSON. */
export function oddFacts(choose: Choose, name: string, version: string): string {
  const facts = factsOf({
    name,
    version,
    yanked: choose.oneIn(3),
    platform: choose.of(['ruby', 'java', 'x86_64-linux']),
  })
  const pairs = Object.entries(facts).map(([key, value]): [string, string] => [key, JSON.stringify(value)])
  const others = keys.filter((key) => !['name', 'version', 'platform', 'yanked'].includes(key))
  const odd = Array.from({ length: choose.below(8) }, (): [string, string] => [
    choose.oneIn(4) ? choose.of(oddKeys) : choose.of(others),
    choose.of(oddValues),
  ])
  // Keys that come again are there twice: the later one counts.
  return objectOf([...odd.filter(() => choose.oneIn(2)), ...pairs, ...odd])
}

function objectOf(pairs: readonly (readonly [string, string])[]): string {
  return `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`
}

/** Every fact may be odd, name and version too. */
function anyFactsBody(choose: Choose): Buffer {
  const name = choose.oneIn(12) ? choose.of(oddTexts) : choose.of(names)
  const number = `${choose.below(40)}.${choose.below(40)}`
  const version = choose.oneIn(12) ? choose.of(oddTexts) : choose.oneIn(3) ? choose.of(versions) : number
  const text = oddFacts(choose, name, version)
  if (!choose.oneIn(8)) return Buffer.from(text)
  const again = [
    choose.of(['name', 'version', 'platform', 'yanked', '__proto__']),
    choose.of(oddValues),
  ] as const
  return Buffer.from(`${text.slice(0, -1)},${objectOf([again]).slice(1)}`)
}

function anyBody(choose: Choose): Buffer {
  const facts = anyFactsBody(choose)
  const kinds: (() => Buffer)[] = [
    () => facts,
    () => facts,
    () => facts,
    () => facts.subarray(0, choose.below(facts.length)),
    () =>
      Buffer.concat([
        facts,
        choose.of([facts, Buffer.from('}'), Buffer.from('\u0000'), Buffer.from('\n \t')]),
      ]),
    () => withByte(facts, choose.below(facts.length), choose.below(256)),
    () => Buffer.from(Array.from({ length: choose.below(200) }, () => choose.below(256))),
    () => Buffer.from(choose.of(oddValues)),
    () =>
      Buffer.from(
        objectOf([
          ['name', choose.of(oddValues)],
          ['version', choose.of(oddValues)],
        ]),
      ),
    () => Buffer.from(`{"name":"rails","version":"1.0","x":${nested(choose.of([30, 31, 32, 33, 20_000]))}}`),
    () => Buffer.from(`{"x":${choose.of(['[', '{"a":']).repeat(choose.below(5000))}`),
    () => Buffer.from(`\ufeff${facts}`, choose.of(['utf8', 'utf16le', 'latin1'] as const)),
    () => Buffer.alloc(0),
  ]
  return choose.of(kinds)()
}

function withByte(bytes: Buffer, at: number, byte: number): Buffer {
  const changed = Buffer.from(bytes)
  changed[at] = byte
  return changed
}

function authorizations(
  choose: Choose,
  right: string,
  [name, version]: [string, string],
  secrets: readonly string[],
): string[] {
  const wrong = authorizationFor(name, version, 'another')
  const [secret = ''] = secrets
  const kinds: string[][] = [
    ...[[right], [right], [right.toUpperCase()], [` \t${right}\t `], [right, wrong], [right, '']],
    ...[
      [],
      [''],
      [wrong],
      [wrong, right],
      ['', right],
      [`Bearer ${right}`],
      [`sha256=${right}`],
      [`0x${right}`],
      [`"${right}"`],
    ],
    ...[
      [`${right}, ${right}`],
      [`${right.slice(0, 32)} ${right.slice(32)}`],
      [right.slice(1)],
      [`${right}0`],
      [`${right}${right}`],
    ],
    ...[
      [authorizationFor(name, version, '')],
      [authorizationFor(version, name, secret)],
      [authorizationFor(name, '', secret)],
    ],
    ...[
      [authorizationFor(secret, name, version)],
      [secret],
      [Buffer.from(right, 'hex').toString('base64')],
      [right.replace(/./g, 'f')],
    ],
    ...[
      ['0'.repeat(64)],
      ['g'.repeat(64)],
      ['\xe9'.repeat(64)],
      [`${right.slice(0, -1)}\xb9`],
      ['f'.repeat(6000)],
      ['Basic Og=='],
    ],
    ...[
      [
        Buffer.from(right.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)))).toString(
          'latin1',
        ),
      ],
    ],
  ]
  return choose.of(kinds)
}

function targetOf(token: string | null): string {
  return token === null ? '/webhooks/rubygems' : `/webhooks/rubygems/${token}`
}

function anyTarget(choose: Choose, token: string | null): string {
  const target = targetOf(token)
  if (!choose.oneIn(5)) return target
  return choose.of([
    ...[
      '/webhooks/rubygems',
      '/webhooks/rubygems/',
      '/webhooks/rubygems/x',
      '/webhooks/rubygems/%00',
      '/webhooks/rubygems/%ff',
    ],
    ...[
      'http://[x',
      '/webhooks/rubygems/%',
      '/webhooks/rubygems/a/b',
      '/webhooks/rubygems/..%2f..',
      `${target}x`,
      target.toUpperCase(),
      '/%',
    ],
    ...[
      `${target}?a[b]=c&a[__proto__]=d`,
      `${target}?${'x='.repeat(2000)}`,
      `http://evil.example${target}`,
      '//',
      '*',
      '/webhooks',
    ],
    ...[
      '',
      '=',
      'x',
      '1.x',
      '%ff',
      '.',
      '__proto__',
      '1&calibrate=2',
      'x'.repeat(3000),
      '9e99.AAAA',
      '%00.%00',
    ].map((ticket) => `${target}?calibrate=${ticket}`),
  ])
}

const gzipBomb = gzipSync(Buffer.alloc(20 * 1024 * 1024))
const brotliBomb = brotliCompressSync(Buffer.alloc(1024 * 1024))

function anyContent(choose: Choose): [string, string][] {
  const type = choose.oneIn(6) ? choose.of(oddTypes) : 'application/json'
  const encoding = choose.oneIn(8)
    ? choose.of(['gzip', 'br', 'identity', '', 'gzip, gzip', 'x-evil', 'identity, gzip'])
    : null
  return [
    ...(type === null ? [] : [['Content-Type', type] as [string, string]]),
    ...(encoding === null ? [] : [['Content-Encoding', encoding] as [string, string]]),
  ]
}

const oddTypes = [
  ...[
    null,
    '',
    'text/plain',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/json;charset=utf-16',
  ],
  ...[
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json, text/html',
    ';',
    'é/ü',
    '*/*',
  ],
  ...[
    'application/json; charset=x; charset=utf-8',
    `application/json;${'x'.repeat(3000)}`,
    'APPLICATION/JSON',
    '__proto__/__proto__',
  ],
]

const oddHeaders: [string, string][] = [
  ['gemherald-via', 'x'.repeat(5000)],
  ['gemherald-via', '0123456789ab, 0123456789ab'],
  ['X-Forwarded-For', "127.0.0.1, ' OR 1=1 --"],
  ['Accept', 'text/html'],
  ['Connection', 'Upgrade'],
  ['__proto__', 'x'],
  ['constructor', 'x'],
  ['Cookie', 'a=b; '.repeat(500)],
  ['X-HTTP-Method-Override', 'GET'],
  ['Range', 'bytes=0-'],
  ['If-None-Match', '*'],
]

function sentBody(choose: Choose, content: readonly (readonly [string, string])[], body: Buffer): Buffer {
  const encoding = content.find(([name]) => name === 'Content-Encoding')?.[1]
  if (encoding === 'br') return brotliBomb
  return encoding?.startsWith('gzip') === true && choose.oneIn(2) ? gzipBomb : body
}

interface Framed {
  headers: [string, string][]
  body: Buffer
}

function framedBody(
  choose: Choose,
  body: Buffer,
  { genuine, isHttp10 }: { genuine: boolean; isHttp10: boolean },
): Framed {
  // More is announced than anybody would wait for, and nothing comes: what came next would be taken for it.
  if (!genuine && choose.oneIn(12))
    return {
      headers: [
        ['Connection', 'close'],
        ['Content-Length', choose.of(hugeLengths)],
      ],
      body: empty,
    }
  return isHttp10 || choose.oneIn(2) ? withLength(body) : inChunks(choose, body)
}

const empty = Buffer.alloc(0)
const hugeLengths = ['1048577', '1073741824', '9007199254740993']

function withLength(body: Buffer): Framed {
  return { headers: [['Content-Length', String(body.length)]], body }
}

/** In pieces, with extensions that mean nothing. */
function inChunks(choose: Choose, body: Buffer): Framed {
  const size = choose.of([7, 100, 4096, 1 << 20])
  const extension = choose.of(['', ';a=b', ';x'])
  const pieces: Buffer[] = []
  for (let at = 0; at < body.length; at += size) {
    const piece = body.subarray(at, at + size)
    pieces.push(Buffer.from(`${piece.length.toString(16)}${extension}\r\n`), piece, Buffer.from('\r\n'))
  }
  return {
    headers: [['Transfer-Encoding', choose.of(['chunked', 'Chunked'])]],
    body: Buffer.concat([
      ...pieces,
      Buffer.from(choose.of(['0\r\n\r\n', '0\r\nAuthorization: trailer\r\n\r\n', '000\r\n\r\n'])),
    ]),
  }
}
