import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Config, readConfig } from '../src/config.js'
import { addressAllowed } from '../src/outbound/address.js'

function config(env: Record<string, string> = {}): Config {
  const read = readConfig(env)
  if (!read.ok) throw new Error(read.problem.message)
  return read.value
}

function complaint(env: Record<string, string>): string {
  const read = readConfig(env)
  if (read.ok) throw new Error('nothing was wrong')
  expect(read.problem.code).toBe('invalid')
  return read.problem.message
}

const defaults = {
  host: '127.0.0.1',
  port: 8790,
  dataDir: resolve('data'),
  publicUrl: null,
  redisUrl: null,
  rubygemsKeys: [],
  rubygemsHost: 'https://rubygems.org',
  apiKey: null,
  secret: null,
  receiverToken: null,
  mail: null,
  missingMail: 'SMTP_URL and MAIL_FROM',
  logLevel: 'info',
}

const variables = [
  'HOST',
  'PORT',
  'DATA_DIR',
  'PUBLIC_URL',
  'REDIS_URL',
  'RUBYGEMS_API_KEYS',
  'RUBYGEMS_HOST',
  'GEMHERALD_API_KEY',
  'GEMHERALD_SECRET',
  'GEMHERALD_RECEIVER_TOKEN',
  'SMTP_URL',
  'MAIL_FROM',
  'LOG_LEVEL',
]

describe('readConfig', () => {
  it('has a default for everything', () => {
    expect(config()).toMatchObject(defaults)
  })

  it.each(['', ' ', '\t\n'])('takes a blank variable (%j) for an unset one', (blank) => {
    expect(config(Object.fromEntries(variables.map((name) => [name, blank])))).toEqual(config())
  })

  it.each<[Record<string, string>, Partial<Config>]>([
    [{ HOST: '0.0.0.0' }, { host: '0.0.0.0', publicUrl: null }],
    [
      { HOST: '::1', PORT: '80' },
      { host: '::1', port: 80, publicUrl: null },
    ],
    [{ HOST: 'localhost' }, { host: 'localhost', publicUrl: null }],
    [
      { PORT: '0', PUBLIC_URL: 'http://a.example' },
      { port: 0, publicUrl: 'http://a.example' },
    ],
    [{ PORT: '65535' }, { port: 65535, publicUrl: null }],
    [{ PORT: ' 8080 ' }, { port: 8080, publicUrl: null }],
    [{ DATA_DIR: '/var/lib/gemherald' }, { dataDir: '/var/lib/gemherald' }],
    [{ DATA_DIR: 'here' }, { dataDir: resolve('here') }],
    [{ PUBLIC_URL: 'https://gems.example' }, { publicUrl: 'https://gems.example' }],
    [{ PUBLIC_URL: 'https://gems.example/sub//' }, { publicUrl: 'https://gems.example/sub' }],
    [{ REDIS_URL: 'redis://localhost:6379/2' }, { redisUrl: 'redis://localhost:6379/2' }],
    [{ REDIS_URL: 'rediss://user:pw@redis.example' }, { redisUrl: 'rediss://user:pw@redis.example' }],
    [{ RUBYGEMS_API_KEYS: 'one' }, { rubygemsKeys: ['one'] }],
    [{ RUBYGEMS_API_KEYS: ' one , ,two,, ' }, { rubygemsKeys: ['one', 'two'] }],
    [{ RUBYGEMS_API_KEYS: ' , ' }, { rubygemsKeys: [] }],
    [{ RUBYGEMS_HOST: 'http://127.0.0.1:4000/' }, { rubygemsHost: 'http://127.0.0.1:4000' }],
    [{ GEMHERALD_API_KEY: 'sixteen letters!' }, { apiKey: 'sixteen letters!' }],
    [{ GEMHERALD_SECRET: 'sixteen letters!' }, { secret: 'sixteen letters!' }],
    [{ GEMHERALD_RECEIVER_TOKEN: 'aB0._~-' }, { receiverToken: 'aB0._~-' }],
    [{ SMTP_URL: 'smtp://mail.example:25' }, { mail: null, missingMail: 'MAIL_FROM' }],
    [{ MAIL_FROM: 'gems@example.com' }, { mail: null, missingMail: 'SMTP_URL' }],
    [
      { SMTP_URL: 'smtps://user:pw@mail.example', MAIL_FROM: 'Gem Herald <gems@example.com>' },
      {
        mail: { url: 'smtps://user:pw@mail.example', from: 'Gem Herald <gems@example.com>' },
        missingMail: null,
      },
    ],
    ...(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const).map(
      (logLevel): [Record<string, string>, Partial<Config>] => [{ LOG_LEVEL: logLevel }, { logLevel }],
    ),
  ])('reads %j', (env, expected) => {
    expect(config(env)).toMatchObject({ ...defaults, ...expected })
  })

  it('lets nothing be reached but the public internet when OUTBOUND_ALLOW is there and empty', () => {
    expect(config({ OUTBOUND_ALLOW: '' }).outboundCidrs).toEqual([])
  })

  it('ignores variables that are not its own', () => {
    expect(config({ PATH: '/bin', NODE_ENV: 'production', GEMHERALD_UNKNOWN: '1' })).toEqual(config())
  })
})

describe('readConfig names what is wrong and never repeats it', () => {
  it.each<[string, value: string, advice: RegExp]>([
    ['PORT', 'http-hunter2', /number/],
    ['PORT', '80.52', /whole number/],
    ['PORT', '-52', /0 to 65535/],
    ['PORT', '65536', /0 to 65535/],
    ['PORT', '0x1f52', /0 to 65535/],
    ['PUBLIC_URL', 'https://user:hunter2@gems.example', /credentials/],
    ['PUBLIC_URL', 'https://gems.example/?hunter2', /query/],
    ['SMTP_URL', 'smtp:///hunter2', /host/],
    ['GEMHERALD_API_KEY', 'ключ-от-всего-hunter2', /ASCII/],
    ['PORT', 'Infinity', /number/],
    ['RUBYGEMS_HOST', 'https://user:hunter2@gems.example', /credentials/],
    ['GEMHERALD_URL', 'https://gems.example/?hunter2', /query/],
    ['RUBYGEMS_API_KEY', 'hunter2 hunter2', /without blanks/],
    ['UPSTREAM_SYNC', 'hunter2', /off or auto/],
    ['RECONCILE', 'hunter2', /on or off/],
    ['CONFIRM', 'hunter2', /off, prefer or require/],
    ['SILENCE_MINUTES', '0', /1 or more/],
    ['PUBLIC_URL', 'gems.example/hunter2', /http or https URL/],
    ['PUBLIC_URL', 'ftp://hunter2.example', /http or https URL/],
    ['REDIS_URL', 'hunter2.example:6379', /redis:\/\//],
    ['REDIS_URL', 'http://hunter2.example', /redis:\/\//],
    ['RUBYGEMS_HOST', 'hunter2.example', /http or https URL/],
    ['RUBYGEMS_HOST', 'javascript:hunter2', /http or https URL/],
    ['GEMHERALD_API_KEY', 'hunter2', /at least 16 characters/],
    ['GEMHERALD_SECRET', 'hunter2', /at least 16 characters/],
    ['GEMHERALD_RECEIVER_TOKEN', 'hunter2/hunter2', /letters, digits/],
    ['GEMHERALD_RECEIVER_TOKEN', 'hunter 2', /letters, digits/],
    ['SMTP_URL', 'hunter2.example:25', /smtp:\/\//],
    ['SMTP_URL', 'http://user:hunter2@mail.example', /smtp:\/\//],
    ['MAIL_FROM', 'hunter2', /address/],
    ['MAIL_FROM', 'a@example.com\r\nBcc: hunter2@example.com', /address/],
    ['LOG_LEVEL', 'hunter2', /fatal, error, warn, info, debug, trace or silent/],
    ['OUTBOUND_ALLOW', 'hunter2', /CIDR/],
    ['OUTBOUND_ALLOW', '10.0.0.0/8,hunter2/8', /CIDR/],
    ['OUTBOUND_ALLOW', '10.52.0.0/33', /CIDR/],
  ])('%s=%s', (name, value, advice) => {
    const message = complaint({ [name]: value })
    expect(message).toMatch(new RegExp(`^${name}\\b`))
    expect(message).toMatch(advice)
    expect(message).not.toContain(value)
    expect(message).not.toMatch(/hunter2|52/)
  })

  it('names everything that is wrong, one line each', () => {
    const lines = complaint({ PORT: 'x', LOG_LEVEL: 'loud', REDIS_URL: 'x' }).split('\n')
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['PORT', 'REDIS_URL', 'LOG_LEVEL'])
  })
})

describe('OUTBOUND_ALLOW', () => {
  const reachable = (env: Record<string, string>, address: string) =>
    addressAllowed(address, config(env).outboundAllow)

  it.each([
    [{}, true],
    [{ HOST: '127.0.0.1' }, true],
    [{ HOST: '127.9.9.9' }, true],
    [{ HOST: '::1' }, true],
    [{ HOST: 'localhost' }, true],
    [{ HOST: '0.0.0.0' }, false],
    [{ HOST: '::' }, false],
    [{ HOST: '192.168.1.2' }, false],
    [{ HOST: 'gems.example' }, false],
    [{ HOST: '127.0.0.1.example' }, false],
  ])('with %j, loopback can be reached: %s', (env, expected) => {
    expect(reachable(env as Record<string, string>, '127.0.0.1')).toBe(expected)
    expect(reachable(env as Record<string, string>, '::1')).toBe(expected)
    expect(reachable(env as Record<string, string>, '10.0.0.1')).toBe(false)
  })

  it('replaces the default', () => {
    const env = { OUTBOUND_ALLOW: ' 10.0.0.0/8 , fd00::/8, ' }
    expect(reachable(env, '10.1.2.3')).toBe(true)
    expect(reachable(env, 'fd00::1')).toBe(true)
    expect(reachable(env, '127.0.0.1')).toBe(false)
  })
})
