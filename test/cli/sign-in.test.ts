import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addSignIn } from '../../src/cli/sign-in.js'
import { hashKey } from '../../src/secret.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import { type Ended, runCommand } from './run-command.js'

const hour = 3_600_000

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
  for (const account of ['default', 'team-a'])
    temp.ledger.accounts.addKey(temp.account(account), { name: '1', hash: account, sealed: '' }, testTime)
})
afterEach(() => temp.remove())

function signIn(args: string[] = [], env: Record<string, string | undefined> = {}): Promise<Ended> {
  return runCommand(addSignIn, ['sign-in', ...args], { DATA_DIR: temp.folder, PUBLIC_URL: undefined, ...env })
}

/** The account that a printed link signs in to. */
function accountOf(link: string): number | undefined {
  return temp.ledger.sessions.useLink(hashKey(link.trim().split('/').at(-1) ?? ''), Date.now())
}

describe('gemherald sign-in', () => {
  it('prints a link that the server beside it takes, once', async () => {
    const { code, stdout, stderr } = await signIn()
    expect(code).toBe(0)
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:8790\/sign-in\/[\w-]{43}\n$/)
    expect(stderr).toMatch(/^It signs in as account default, once, until \d{4}-\S+Z\.\n$/)
    expect(accountOf(stdout)).toBe(temp.account('default'))
    expect(accountOf(stdout)).toBeUndefined()
  })

  it.each([
    [{ PUBLIC_URL: 'https://gems.example.org/' }, 'https://gems.example.org/sign-in/'],
    [{ HOST: '0.0.0.0', PORT: '80' }, 'http://0.0.0.0:80/sign-in/'],
    [{ HOST: '::1' }, 'http://[::1]:8790/sign-in/'],
  ])('with %j begins with %s', async (env, start) => {
    expect((await signIn([], env)).stdout.startsWith(start)).toBe(true)
  })

  it('--account signs in to another account', async () => {
    expect(accountOf((await signIn(['--account', 'team-a'])).stdout)).toBe(temp.account('team-a'))
  })

  it('--json prints the link, its account and its end', async () => {
    const before = Date.now()
    const { stdout } = await signIn(['--json'])
    const printed: { account: string; url: string; expires_at: string } = JSON.parse(stdout)
    expect(Object.keys(printed)).toEqual(['account', 'url', 'expires_at'])
    expect(printed.account).toBe('default')
    expect(Date.parse(printed.expires_at)).toBeGreaterThanOrEqual(before + hour - 1_000)
    expect(accountOf(printed.url)).toBe(temp.account('default'))
  })

  it('names an account that is near when there is no such account, and makes none', async () => {
    expect(await signIn(['--account', 'team-b'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'gemherald: There is no account team-b with keys. Did you mean team-a?\n',
    })
    expect(temp.query('SELECT name FROM accounts')).toHaveLength(2)
    expect(temp.query('SELECT * FROM sign_in_links')).toEqual([])
  })

  it('makes none for an account whose keys are all revoked', async () => {
    temp.ledger.accounts.revokeKeys(temp.account('team-a'), '1', null, testTime)
    const { code, stdout, stderr } = await signIn(['--account', 'team-a'])
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain('All keys of account team-a were revoked')
  })

  it('prints no text of its argument that steers a terminal', async () => {
    const { stderr } = await signIn(['--account', '\u001B[2Jx\ny'])
    for (const steering of ['\u001B', '\ny']) expect(stderr).not.toContain(steering)
  })

  it('says what to do where there is no ledger', async () => {
    const { code, stderr } = await signIn([], { DATA_DIR: `${temp.folder}/none` })
    expect(code).toBe(1)
    expect(stderr).toContain('start the server once')
  })

  it('shows examples in its help', async () => {
    const { code, stdout } = await signIn(['--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('$ gemherald sign-in --account team-a')
  })
})
