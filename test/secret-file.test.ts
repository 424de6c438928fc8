import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Result } from '../src/error.js'
import { ensureSecret, findSecret } from '../src/secret-file.js'

function secretIn<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problem.message)
  return result.value
}

let folder: string
let dataDir: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gemherald-secret-'))
  dataDir = join(folder, 'new', 'data')
  file = join(dataDir, 'secret')
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('ensureSecret', () => {
  it('makes a secret that only its owner can read, once', () => {
    const secret = secretIn(ensureSecret(null, dataDir, false))
    expect(secret).toMatch(/^[0-9a-f]{64}$/)
    expect(readFileSync(file, 'utf8')).toBe(`${secret}\n`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    expect(ensureSecret(null, dataDir, false)).toEqual({ ok: true, value: secret })
  })

  it('prefers the configured one, and writes nothing', () => {
    expect(ensureSecret('configured secret', dataDir, false)).toEqual({
      ok: true,
      value: 'configured secret',
    })
    expect(existsSync(dataDir)).toBe(false)
  })

  it('makes none up where something was sealed with another', () => {
    expect(ensureSecret(null, dataDir, true)).toMatchObject({ ok: false, problem: { code: 'not_found' } })
    expect(existsSync(file)).toBe(false)
    expect(ensureSecret('configured secret', dataDir, true).ok).toBe(true)
  })

  it('takes what an operator put there', () => {
    ensureSecret(null, dataDir, false)
    writeFileSync(file, '  an own secret \r\n')
    expect(ensureSecret(null, dataDir, false)).toEqual({ ok: true, value: 'an own secret' })
  })

  it('says what is wrong with a file that cannot be read', () => {
    mkdirSync(file, { recursive: true })
    expect(ensureSecret(null, dataDir, false)).toEqual({
      ok: false,
      problem: { code: 'unavailable', message: expect.stringContaining(`${file} cannot be used: EISDIR`) },
    })
  })

  it('does not work with an empty secret', () => {
    ensureSecret(null, dataDir, false)
    writeFileSync(file, '\n')
    expect(ensureSecret(null, dataDir, false)).toMatchObject({
      ok: false,
      problem: { message: expect.stringContaining('is empty') },
    })
  })
})

describe('findSecret', () => {
  it('finds what the server made', () => {
    const secret = secretIn(ensureSecret(null, dataDir, false))
    expect(findSecret(null, dataDir)).toEqual({ ok: true, value: secret })
  })

  it('prefers the configured one', () => {
    ensureSecret(null, dataDir, false)
    expect(findSecret('configured secret', dataDir)).toEqual({ ok: true, value: 'configured secret' })
  })

  it('makes none up, and says what to set', () => {
    expect(findSecret(null, dataDir)).toMatchObject({
      ok: false,
      problem: { code: 'not_found', message: expect.stringContaining('GEMHERALD_SECRET') },
    })
    expect(existsSync(dataDir)).toBe(false)
  })

  it('does not work with an empty secret', () => {
    ensureSecret(null, dataDir, false)
    writeFileSync(file, '')
    expect(findSecret(null, dataDir)).toMatchObject({
      ok: false,
      problem: { message: expect.stringContaining('is empty') },
    })
  })
})
