import { afterEach, expect, it, vi } from 'vitest'
import { createLog } from '../../src/cli/log.js'
import { canary } from './canary.js'

afterEach(() => {
  vi.restoreAllMocks()
})

const secret = canary('what hangs on an error').text

it.each<[what: string, thrown: unknown, said: string]>([
  [
    'a URL',
    Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: secret }),
    'Invalid URL',
  ],
  ['a command', Object.assign(new Error('NOPERM'), { command: { name: 'auth', args: [secret] } }), 'NOPERM'],
  ['a body', Object.assign(new SyntaxError('Not JSON'), { body: secret, status: 400 }), 'Not JSON'],
  ['a cause', new Error('outer', { cause: Object.assign(new Error('inner'), { body: secret }) }), 'inner'],
  ['an object', { secret }, 'thrown, and no error'],
  ['a text', 'no error', 'no error'],
])('a log line about an error leaves out what hangs on it: %s', (_what, thrown, said) => {
  const lines: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => {
    lines.push(String(line))
    return true
  })
  createLog('trace').error({ err: thrown }, 'it failed')
  vi.restoreAllMocks()
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 50, msg: 'it failed' })
  expect(lines.join('')).toContain(said)
  expect(lines.join('')).not.toContain(secret)
})
