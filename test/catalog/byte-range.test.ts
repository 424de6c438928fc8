import { expect, it } from 'vitest'
import { type ByteRange, readRange } from '../../src/catalog/byte-range.js'

const table: [header: string | undefined, read: ByteRange | 'whole' | 'beyond'][] = [
  [undefined, 'whole'],
  ['', 'whole'],
  ['bytes=0-', { from: 0, until: 100 }],
  ['bytes=99-', { from: 99, until: 100 }],
  ['bytes=100-', 'beyond'],
  ['bytes=99999999999999999999999-', 'beyond'],
  ['bytes=0-0', { from: 0, until: 1 }],
  ['bytes=10-19', { from: 10, until: 20 }],
  ['bytes=10-99', { from: 10, until: 100 }],
  ['bytes=10-5000', { from: 10, until: 100 }],
  ['bytes=10-99999999999999999999999', { from: 10, until: 100 }],
  ['bytes=100-200', 'beyond'],
  ['bytes=20-10', 'whole'],
  ['bytes=200-10', 'whole'],
  ['bytes=-1', { from: 99, until: 100 }],
  ['bytes=-100', { from: 0, until: 100 }],
  ['bytes=-101', { from: 0, until: 100 }],
  ['bytes=-0', 'beyond'],
  ['bytes=-', 'whole'],
  ['Bytes=5-', { from: 5, until: 100 }],
  ['bytes= 5- ', { from: 5, until: 100 }],
  ['bytes=0-1,5-6', 'whole'],
  ['bytes=0-1, -5', 'whole'],
  ['bytes=a-', 'whole'],
  ['bytes=1.5-', 'whole'],
  ['bytes=+5-', 'whole'],
  ['bytes=0x5-', 'whole'],
  ['bytes 5-', 'whole'],
  ['lines=5-', 'whole'],
]

it.each(table)('%s of 100 bytes is %j', (header, read) => {
  expect(readRange(header, 100)).toEqual(read)
})
