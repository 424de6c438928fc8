import type { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addCalibrate } from '../../src/cli/upstream-calibrate.js'
import { temporaryFolder } from '../helpers/process.js'
import { type AccountOptions, type RubygemsOrg, startRubygemsOrg } from '../helpers/rubygems-org.js'
import { secrets } from '../helpers/webhooks.js'
import { startReceiver, type TestReceiver } from '../receive/start-receiver.js'
import { type Ended, runCommand } from './run-command.js'

const token = 'a-Secret~Token'
let org: RubygemsOrg
let receiver: TestReceiver
let folder: ReturnType<typeof temporaryFolder>

beforeEach(async () => {
  org = await startRubygemsOrg()
  org.push('gemcutter', '0.7.1')
  org.push('rails', '8.1.3.1')
  receiver = await startReceiver({ token, now: Date.now })
  folder = temporaryFolder()
})
afterEach(async () => {
  await org.close()
  await receiver.stop()
  folder.remove()
})

const client = 'rubygems_client_key'
const addAccount = (options: AccountOptions = {}) =>
  org.addAccount('ada', { keys: [{ text: secrets.modern }, { text: client }], ...options })

function calibrate(args: string[] = [], env: Record<string, string | undefined> = {}): Promise<Ended> {
  const add = (program: Command) => addCalibrate(program.command('upstream'))
  return runCommand(add, ['upstream', 'calibrate', ...args], {
    DATA_DIR: folder.path,
    PUBLIC_URL: receiver.origin,
    RUBYGEMS_HOST: org.url,
    RUBYGEMS_API_KEY: client,
    RUBYGEMS_API_KEYS: `${client},${secrets.modern}`,
    GEMHERALD_SECRET: 'secret of the installation',
    GEMHERALD_RECEIVER_TOKEN: token,
    ...env,
  })
}

describe('gemherald upstream calibrate', () => {
  it('says which secret it is', async () => {
    addAccount()
    const { code, stdout, stderr } = await calibrate()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^127\.0\.0\.1:\d+ signs .* with the SHA-256 of RUBYGEMS_API_KEYS\[2\]\.\n/)
    expect(receiver.countEvents()).toBe(0)
  })

  it('prints JSON, about the gem that was asked for', async () => {
    addAccount({ legacySecret: secrets.legacy })
    const args = ['--gem', 'rails', '--json']
    const { code, stdout } = await calibrate(args, { RUBYGEMS_API_KEYS: secrets.legacy })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      gem: 'rails',
      version: '8.1.3.1',
      accepted: true,
      valid: true,
      made_with: { secret: 'RUBYGEMS_API_KEYS[1]', derivation: 'as it stands' },
      notes: [expect.any(String)],
      reasons: [],
    })
  })

  it('sends key and one-time password, and no secret but the key', async () => {
    addAccount()
    await calibrate(['--otp', '123456'])
    const [fired] = org.requests.all
    expect(fired?.headers).toMatchObject({ authorization: client, otp: '123456' })
    expect(fired?.body.toString()).not.toContain(secrets.modern)
  })

  it.each<[string, AccountOptions, env: Record<string, string>, said: RegExp]>([
    [
      'another secret',
      {},
      { RUBYGEMS_API_KEYS: secrets.legacy },
      /No configured secret.*\n.*dashboard\.atom/,
    ],
    ['no secret configured', {}, { RUBYGEMS_API_KEYS: '' }, /dashboard\.atom/],
    ['an empty secret', { legacySecret: '' }, {}, /empty secret/],
    [
      'the client’s own key, unknown to the receiver',
      { keys: [{ text: client }] },
      { RUBYGEMS_API_KEYS: secrets.legacy },
      /with the SHA-256 of RUBYGEMS_API_KEY\..*\n.*\n.*put it into RUBYGEMS_API_KEYS/,
    ],
  ])('ends with 1 when the receiver would refuse it: %s', async (_title, account, env, said) => {
    addAccount(account)
    const { code, stdout, stderr } = await calibrate([], env)
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toMatch(said)
    for (const secret of [...Object.values(secrets), client, token]) expect(stdout).not.toContain(secret)
    expect(JSON.parse((await calibrate(['--json'], env)).stdout)).toMatchObject({ accepted: false })
  })

  it.each<[string, env: Record<string, string | undefined>, code: number, said: RegExp]>([
    ['the server has another secret', { GEMHERALD_SECRET: 'another secret, long' }, 1, /GEMHERALD_SECRET/],
    ['the server is not there', { PUBLIC_URL: 'http://127.0.0.1:1025' }, 1, /PUBLIC_URL/],
    ['the upstream is not there', { RUBYGEMS_HOST: 'http://127.0.0.1:1025' }, 1, /1025/],
    ['the key is wrong', { RUBYGEMS_API_KEY: 'rubygems_wrong' }, 1, /Access Denied/],
    ['there is no key', { RUBYGEMS_API_KEY: '', RUBYGEMS_API_KEYS: secrets.legacy }, 2, /RUBYGEMS_API_KEY/],
    ['there is no secret', { GEMHERALD_SECRET: '' }, 1, /GEMHERALD_SECRET/],
    [
      'the upstream cannot reach it',
      { PUBLIC_URL: '', RUBYGEMS_HOST: 'https://rubygems.example' },
      2,
      /rubygems\.example will refuse.*PUBLIC_URL/,
    ],
    ['the settings are wrong', { PORT: 'x' }, 2, /PORT/],
  ])('says on stderr why it cannot be found out: %s', async (_title, env, code, said) => {
    addAccount()
    const ended = await calibrate([], env)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toMatch(/^gemherald: .*\n$/)
    expect(ended.stderr).toMatch(said)
    for (const secret of [...Object.values(secrets), client, token, 'rubygems_wrong'])
      expect(ended.stderr).not.toContain(secret)
  })

  it('suggests near names for an unknown gem', async () => {
    addAccount()
    receiver.temp.arrive({ name: 'rails' })
    const ended = await calibrate(['--gem', 'rials'], { DATA_DIR: receiver.temp.folder })
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(/could not be found: rials\. Did you mean rails\?\n$/)
  })

  it('puts a refusal into a sentence', async () => {
    addAccount()
    const body = '["Url does not appear to be a valid URL", "Url can\'t be blank"]'
    org.fail({ status: 409, headers: { 'Content-Type': 'text/plain' }, body })
    expect((await calibrate()).stderr).toBe(
      "gemherald: The upstream answered 409: Url does not appear to be a valid URL; Url can't be blank.\n",
    )
  })

  it('shows examples', async () => {
    const { code, stdout } = await calibrate(['--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('--otp')
  })
})
