import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKey, createSeal, hashKey } from '../src/secret.js'

const seal = createSeal('the installation secret', 'jobs')

describe('a seal', () => {
  it('opens what it closed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(seal.open(seal.close(text))).toBe(text)
      }),
    )
  })

  it('opens what the same secret closed elsewhere for the same purpose', () => {
    expect(createSeal('the installation secret', 'jobs').open(seal.close('text'))).toBe('text')
  })

  it.each([
    ['another secret', createSeal('another secret', 'jobs')],
    ['another purpose', createSeal('the installation secret', 'outcomes')],
  ])('does not open with %s', (_title, other) => {
    expect(other.open(seal.close('text'))).toBeUndefined()
  })

  it('never writes the same twice, nor anything readable', () => {
    const sealed = seal.close('rubygems_key')
    expect(seal.close('rubygems_key')).not.toBe(sealed)
    expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('rubygems_key')
  })

  it('does not open once any byte was changed', () => {
    const bytes = Buffer.from(seal.close('text'), 'base64')
    for (const index of bytes.keys()) {
      const altered = Buffer.from(bytes)
      altered.writeUInt8(bytes.readUInt8(index) ^ 1, index)
      expect(seal.open(altered.toString('base64'))).toBeUndefined()
    }
  })

  it('does not open once it was cut', () => {
    const bytes = Buffer.from(seal.close('text'), 'base64')
    for (let length = 0; length < bytes.length; length += 1)
      expect(seal.open(bytes.subarray(0, length).toString('base64'))).toBeUndefined()
  })

  it('takes any text without throwing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String({ minLength: 40 })), (text) => {
        expect(seal.open(text)).toBeUndefined()
      }),
    )
  })
})

describe('API keys', () => {
  it('are hashed with SHA-256, hex', () => {
    expect(hashKey('701243f217cdf23b1370c7b66b65ca97')).toBe(
      '948acf55625b3180f9d4015f71d342777de62663c9029cef5dbfebc3d2e52b88',
    )
  })

  it('are long, safe in headers and URLs, and never the same', () => {
    expect(createKey()).toMatch(/^gh_[A-Za-z0-9_-]{43}$/)
    expect(createKey()).not.toBe(createKey())
  })
})
