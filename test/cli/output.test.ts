import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { Writable } from 'node:stream'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Column, createOutput } from '../../src/cli/output.js'
import { codePoint } from '../helpers/code-point.js'
import { until } from '../helpers/wait.js'
import { Capture } from './terminal.js'

interface Row {
  gem: string
  failures: number | null
}

const columns: Column<Row>[] = [
  { title: 'gem', value: ({ gem }) => gem },
  { title: 'failures', value: ({ failures }) => failures, align: 'right' },
]
const rows: Row[] = [
  { gem: 'rails', failures: 0 },
  { gem: 'é-ö', failures: 1234567890 },
  { gem: 'rake', failures: null },
]

function print(
  kind: 'terminal' | 'pipe' | 'json',
  act: (output: ReturnType<typeof createOutput>) => void,
  env: NodeJS.ProcessEnv = { NO_COLOR: '1' },
): string {
  const stream = new Capture(kind === 'terminal' ? 'terminal' : 'pipe')
  act(createOutput({ json: kind === 'json' }, stream, env))
  return stream.written()
}

describe('a table', () => {
  it('has a header and straight columns on a terminal', () => {
    expect(print('terminal', (output) => output.table(rows, columns, 'none'))).toBe(
      [
        'gem      failures', //
        'rails           0',
        'é-ö    1234567890',
        'rake            -',
        '',
      ].join('\n'),
    )
  })

  it('is tab-separated and without a header in a pipe', () => {
    expect(print('pipe', (output) => output.table(rows, columns, 'none'))).toBe(
      'rails\t0\né-ö\t1234567890\nrake\t\n',
    )
  })

  it('is the rows as they are in JSON', () => {
    const printed = print('json', (output) => output.table(rows, columns, 'none'))
    expect(JSON.parse(printed)).toEqual(rows)
    expect(printed.match(/\n/g)).toHaveLength(1)
  })

  it.each([
    ['terminal', 'No hooks yet.\n'],
    ['pipe', ''],
    ['json', '[]\n'],
  ] as const)('without rows prints on a %s %j', (kind, expected) => {
    expect(print(kind, (output) => output.table([], columns, 'No hooks yet.'))).toBe(expected)
  })

  it.each([
    [{}, true],
    [{ NO_COLOR: '' }, true],
    [{ NO_COLOR: '0' }, false],
    [{ TERM: 'dumb' }, false],
  ])('has a bold header with %j: %s', (env, styled) => {
    const printed = print('terminal', (output) => output.table(rows, columns, 'none'), env)
    expect(printed.startsWith('\u001B[1m')).toBe(styled)
    expect(printed.includes('\u001B')).toBe(styled)
  })
})

describe('facts', () => {
  const facts = [
    ['last webhook', null],
    ['events', 12],
  ] as const

  it.each([
    ['terminal', 'last webhook  -\nevents        12\n'],
    ['pipe', 'last webhook\t\nevents\t12\n'],
    ['json', '{"last_webhook":null,"events":12}\n'],
  ] as const)('on a %s are %j', (kind, expected) => {
    expect(print(kind, (output) => output.facts(facts))).toBe(expected)
  })
})

describe('a line', () => {
  it.each([
    ['terminal', 'a\n  b\n\nc\n'],
    ['pipe', 'a\n  b\n\nc\n'],
    ['json', ''],
  ] as const)('on a %s keeps its newlines and indentation', (kind, expected) => {
    expect(print(kind, (output) => output.line('a\r\n  \u001B\u202Eb\u0007\n\nc\n'))).toBe(expected)
  })
})

describe('strangers’ text', () => {
  it('has what steers a terminal escaped in JSON', () => {
    const row = { gem: 'a\u009B31m\u202E\u2028\u{E0041}é🚂' }
    const printed = print('json', (output) => output.json(row))
    expect(printed).toBe('{"gem":"a\\u009b31m\\u202e\\u2028\\udb40\\udc41é🚂"}\n')
    expect(JSON.parse(printed)).toEqual(row)
  })

  const controls = /[\p{Cc}\p{Cs}\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/u

  it('steers no terminal and breaks no row', () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint }), fc.string({ unit: codePoint }), (name, value) => {
        const table = (kind: 'terminal' | 'pipe' | 'json') =>
          print(kind, (output) => output.table([{ name, value }], pair, 'none'))
        expect(table('pipe').slice(0, -1).split('\t')).toHaveLength(2)
        expect(table('pipe').slice(0, -1).replace('\t', '')).not.toMatch(controls)
        expect(table('terminal').split('\n')).toHaveLength(3)
        expect(table('terminal').replaceAll('\n', '')).not.toMatch(controls)
        expect(table('json').slice(0, -1)).not.toMatch(controls)
        expect(JSON.parse(table('json'))).toEqual([{ name, value }])
        expect(print('pipe', (output) => output.line(value)).replaceAll('\n', '')).not.toMatch(controls)
      }),
    )
  })

  const pair: Column<{ name: string; value: string }>[] = [
    { title: 'name', value: ({ name }) => name },
    { title: 'value', value: ({ value }) => value },
  ]
})

describe('a pipe whose reader leaves', () => {
  it('is no trouble, however much is still written', async () => {
    const reader = spawn('sh', ['-c', 'exec <&-; echo gone; exec sleep 60'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(reader.stdout, 'data')
    const output = createOutput({ json: false }, reader.stdin)
    output.line('one')
    await until('the pipe is found broken', () => reader.stdin.errored !== null)
    expect(reader.stdin.errored).toMatchObject({ code: 'EPIPE' })
    for (let i = 0; i < 100; i++) output.line('two')
    reader.kill('SIGKILL')
    await once(reader, 'close')
  })
})

describe('output that cannot be written', () => {
  const codeBefore = process.exitCode
  afterEach(() => {
    process.exitCode = codeBefore
    vi.restoreAllMocks()
  })
  const stream = (code: string, errno: number) =>
    new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error(`write ${code}`), { code, errno })),
    })

  it.each([
    ['ENOSPC', constants.errno.ENOSPC, 'no space left on device'],
    ['EIO', constants.errno.EIO, 'i/o error'],
    ['EODD', 99_999, 'write EODD'],
  ])('for %s is told in one sentence, once, and the exit code is 1', async (code, errno, reason) => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    const broken = stream(code, -errno)
    const output = createOutput({ json: false }, broken)
    output.line('one')
    output.line('two')
    expect(await output.written()).toBe(false)
    await until('it is told', () => said.mock.calls.length > 0)
    // Stdout goes on, and has such an event for each text that is lost.
    broken.emit('error', Object.assign(new Error(`write ${code}`), { code, errno: -errno }))
    output.line('three')
    expect(await output.written()).toBe(false)
    expect(said.mock.calls).toEqual([[`gemherald: Cannot write the output: ${reason}.`]])
    expect(process.exitCode).toBe(1)
  })

  it('since its reader left is not told, but known', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    const output = createOutput({ json: true }, stream('EPIPE', -constants.errno.EPIPE))
    output.json([])
    expect(await output.written()).toBe(false)
    expect(said).not.toHaveBeenCalled()
    expect(process.exitCode).toBe(codeBefore)
  })

  it('is told from what is written', async () => {
    const output = createOutput({ json: true }, new Capture('pipe'))
    output.json([])
    expect(await output.written()).toBe(true)
  })
})
