import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { addVerify } from '../../src/cli/verify.js'
import { temporaryFolder } from '../helpers/process.js'
import { openTempLedger, type TempLedger } from '../helpers/temp-ledger.js'
import { authorizationFor, secrets, webhookFixture } from '../helpers/webhooks.js'
import { type Ended, runCommand } from './run-command.js'

let empty: ReturnType<typeof temporaryFolder>
beforeAll(() => {
  empty = temporaryFolder()
})
afterAll(() => empty.remove())
afterEach(() => vi.restoreAllMocks())

const keys = `${secrets.legacy},${secrets.modern}`
const verify = (args: string[], env: Record<string, string> = {}): Promise<Ended> =>
  runCommand(addVerify, ['verify', ...args], { DATA_DIR: empty.path, RUBYGEMS_API_KEYS: keys, ...env })
const { legacy, firstKeyHash, emptySecret, plainModernKey } = webhookFixture('ruby').authorization
const about = ['rails', '8.1.3.1']
const unknown = authorizationFor('rails', '8.1.3.1', 'another')

const pipe = (text: string) =>
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([text]) as unknown as typeof process.stdin)

describe('gemherald verify', () => {
  it.each<[string, args: string[], code: number, line: RegExp]>([
    ['the old key', [...about, legacy], 0, /^valid: made with RUBYGEMS_API_KEYS\[1\] as it stands\n$/],
    [
      'the first key',
      [...about, firstKeyHash],
      0,
      /^valid: made with the SHA-256 of RUBYGEMS_API_KEYS\[2\]\n$/,
    ],
    ['the naive header', [...about, plainModernKey], 0, /^valid: .*\n$/],
    [
      'a given key',
      [...about, unknown, '--key', 'one', '--key', 'another'],
      0,
      /^valid: made with --key 2 as it stands/,
    ],
    ['another secret', [...about, unknown], 1, /^not valid: No configured secret .*\n$/],
    ['an empty secret', [...about, emptySecret], 1, /^not valid: .*empty secret.*\n$/],
    ['an empty header', [...about, ''], 1, /^not valid: There is no Authorization header\.\n$/],
  ])('says it in one line: %s', async (_title, args, code, line) => {
    expect(await verify(args)).toEqual({ code, stdout: expect.stringMatching(line), stderr: '' })
  })

  it('explains on request', async () => {
    const accepted = await verify(['--explain', ...about, plainModernKey])
    expect(accepted.code).toBe(0)
    expect(accepted.stdout).toMatch(
      /^Valid: .*RUBYGEMS_API_KEYS\[2\] as it stands\.\nRubyGems\.org never signs/,
    )
    const refused = await verify(['--explain', ...about, unknown])
    expect(refused.code).toBe(1)
    expect(refused.stdout).toMatch(/^Not valid: .*\nNo configured secret.*\n.*upstream calibrate.*\n$/)
  })

  it('prints JSON', async () => {
    const json = async (header: string) => JSON.parse((await verify(['--json', ...about, header])).stdout)
    expect(await json(firstKeyHash)).toEqual({
      name: 'rails',
      version: '8.1.3.1',
      valid: true,
      made_with: { secret: 'RUBYGEMS_API_KEYS[2]', derivation: 'SHA-256 of it' },
      notes: [expect.any(String)],
      reasons: [],
    })
    expect(await json(`Bearer ${legacy}`)).toMatchObject({
      valid: false,
      made_with: { secret: 'RUBYGEMS_API_KEYS[1]', derivation: 'as it stands' },
      notes: [],
      reasons: [{ code: 'altered', finding: expect.any(String), advice: expect.any(String) }],
    })
    expect(await json(unknown)).toMatchObject({ valid: false, made_with: null })
  })

  it.each([
    ['with a line break', `${legacy}\n`, 0, /^valid:/],
    ['without one', legacy, 0, /^valid:/],
    ['with a carriage return', `${legacy}\r\n`, 0, /^valid:/],
    ['with its name in front', `Authorization: ${legacy}\n`, 1, /begins with "Authorization:"/],
    ['with nothing', '', 1, /There is no Authorization header/],
  ])('reads the header from standard input: %s', async (_title, input, code, line) => {
    pipe(input)
    expect(await verify([...about, '-'])).toMatchObject({ code, stdout: expect.stringMatching(line) })
  })

  it('never prints a secret', async () => {
    for (const header of [legacy, unknown, secrets.modern, `Bearer ${secrets.legacy}`, emptySecret])
      for (const mode of [[], ['--explain'], ['--json']]) {
        const { stdout, stderr } = await verify([...mode, ...about, header, '--key', secrets.modernSha256])
        for (const secret of Object.values(secrets)) expect(stdout + stderr).not.toContain(secret)
      }
  })

  it('says that nothing is configured', async () => {
    const ended = await verify(['--explain', ...about, legacy], { RUBYGEMS_API_KEYS: '' })
    expect(ended).toMatchObject({ code: 1, stdout: expect.stringContaining('Set RUBYGEMS_API_KEYS.') })
  })

  it('shows examples', async () => {
    const { code, stdout } = await verify(['--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('--explain')
  })
})

describe('wrong usage', () => {
  it.each<[string, args: string[], env: Record<string, string>, message: RegExp]>([
    ['nothing', [], {}, /missing required argument/],
    ['no header', about, {}, /missing required argument/],
    ['an unknown option', [...about, legacy, '--secret', 'x'], {}, /unknown option/],
    ['name and version swapped', ['8.1.3.1', 'rails', legacy], {}, /name of the gem goes before/],
    ['no name', ['ra ils', '1.0', legacy], {}, /cannot be the name of a gem/],
    ['no version', ['rails', 'v8.1', legacy], {}, /no version number/],
    ['wrong settings', [...about, legacy], { PORT: 'x' }, /PORT/],
  ])('%s', async (_title, args, env, message) => {
    expect(await verify(args, env)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(message),
    })
  })
})

describe('with a ledger', () => {
  let temp: TempLedger
  beforeAll(() => {
    temp = openTempLedger()
    temp.arrive({ name: 'rails', version: '8.1.2' })
    temp.arrive({ name: 'rails', version: '8.1.2', platform: 'java' })
    temp.arrive({ name: 'rake', version: '13.0' })
  })
  afterAll(() => temp.remove())
  const other = authorizationFor('rails', '8.1.2', secrets.legacy)

  it('finds another version, while the server runs', async () => {
    const { code, stdout, stderr } = await verify(['--explain', ...about, other], { DATA_DIR: temp.folder })
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toContain('It was made for another version of this gem, 8.1.2.')
  })

  it('does not take another gem’s versions', async () => {
    const header = authorizationFor('rails', '13.0', secrets.legacy)
    const { stdout } = await verify([...about, header], { DATA_DIR: temp.folder })
    expect(stdout).toMatch(/^not valid: No configured secret/)
  })

  it('goes on without one', async () => {
    const ended = await verify([...about, other])
    expect(ended).toEqual({ code: 1, stdout: expect.stringMatching(/No configured secret/), stderr: '' })
  })

  it('goes on with one that it cannot read, and says so', async () => {
    const broken = temporaryFolder()
    writeFileSync(join(broken.path, 'ledger.db'), 'no database at all'.repeat(100))
    try {
      const ended = await verify([...about, legacy], { DATA_DIR: broken.path })
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      const refused = await verify([...about, other], { DATA_DIR: broken.path })
      expect(refused).toMatchObject({ code: 1, stdout: expect.stringMatching(/^not valid/) })
      expect(refused.stderr).toMatch(/^gemherald: other versions were not tried: /)
    } finally {
      rmSync(broken.path, { recursive: true })
    }
  })
})
