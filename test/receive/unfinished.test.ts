import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createUnfinished } from '../../src/receive/unfinished.js'

const never = () => {
  throw new Error('It had to give way.')
}

it('gives back what came, in whatever pieces it came', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 40 }), (pieces) => {
      const body = createUnfinished(1 << 20)(never)
      const chunks = pieces.map((piece) => Buffer.from(piece))
      for (const chunk of chunks) body.add(chunk)
      const whole = Buffer.concat(chunks)
      expect(body.size).toBe(whole.length)
      expect(body.take().equals(whole)).toBe(true)
    }),
  )
})

it('leaves the pieces as they are', () => {
  const body = createUnfinished(100)(never)
  const piece = Buffer.from('abcd')
  body.add(piece.subarray(0, 1))
  body.add(Buffer.from('x'))
  expect(body.take().toString()).toBe('ax')
  expect(piece.toString()).toBe('abcd')
})

it('lets the one that was begun first go when there are too many, and keeps nothing that comes for it later', () => {
  const gone: string[] = []
  const begin = createUnfinished(100)
  const [first, second, third] = ['first', 'second', 'third'].map((title) => begin(() => gone.push(title)))
  first?.add(Buffer.alloc(20))
  second?.add(Buffer.alloc(60))
  third?.add(Buffer.alloc(20))
  expect(gone).toEqual([])
  third?.add(Buffer.alloc(1))
  expect(gone).toEqual(['first'])
  first?.add(Buffer.alloc(90))
  expect(first?.take()).toHaveLength(0)
  expect(second?.take()).toHaveLength(60)
  expect(third?.take()).toHaveLength(21)
  expect(gone).toEqual(['first'])
})

it('has room again for as much as was taken', () => {
  const begin = createUnfinished(100)
  for (let count = 0; count < 50; count += 1) {
    const body = begin(never)
    body.add(Buffer.alloc(90))
    expect(body.take()).toHaveLength(90)
    expect(body.take()).toHaveLength(0)
  }
})
