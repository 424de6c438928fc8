import { createHash } from 'node:crypto'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { canary, findCanaries } from './canary.js'

const { name, text } = canary('it', 'key/')
const told = `some words, ${text}, more words`

it.each<[how: string, text: string | Buffer]>([
  ['as it is', told],
  ['percent-encoded', encodeURIComponent(told)],
  ['in base64', Buffer.from(told).toString('base64')],
  ['in base64, a byte later', Buffer.from(`-${told}`).toString('base64')],
  ['in base64, two bytes later', Buffer.from(`--${told}`).toString('base64')],
  ['in base64 for URLs', Buffer.from(told).toString('base64url')],
  ['in hex', Buffer.from(told).toString('hex')],
  ['as its hash', createHash('sha256').update(text).digest('hex')],
  ['in gzip', gzipSync(told)],
  ['in zlib', deflateSync(told)],
  ['in raw deflate', deflateRawSync(told)],
  ['in brotli', brotliCompressSync(told)],
  ['in gzip in base64', gzipSync(told).toString('base64')],
])('a canary is found %s', (_how, hidden) => {
  expect(findCanaries(new Map([['a log', hidden]]), [{ name, text }])).toEqual([
    expect.stringMatching(/^it \(.+\) in a log: /),
  ])
})

it('a canary is not found where it is not', () => {
  expect(findCanaries(new Map([['a log', told]]), [canary('another')])).toEqual([])
})
