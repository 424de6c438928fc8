import { afterAll, beforeAll, expect, it } from 'vitest'
import { createLookup, type Lookup } from '../../src/outbound/lookup.js'
import { type DnsServer, startDns } from '../helpers/outbound-dns.js'

let dns: DnsServer
let lookup: Lookup

beforeAll(async () => {
  dns = await startDns({ 'fast.test': ['192.0.2.7'] })
  lookup = createLookup([dns.address])
})
afterAll(() => dns.close())

it('answers a name while many others are never answered', async () => {
  const slow = Array.from({ length: 50 }, (_, index) =>
    lookup(`slow${index}.test`).catch((error) => error.code),
  )
  expect(await lookup('fast.test')).toEqual([{ address: '192.0.2.7', family: 4 }])
  expect(new Set(await Promise.all(slow))).toEqual(new Set(['ETIMEOUT']))
})

it('asks about a name once, however many want to know', async () => {
  const before = dns.questions
  await Promise.all(Array.from({ length: 20 }, () => lookup('fast.test')))
  // One for each family of addresses.
  expect(dns.questions - before).toBe(2)
})

it('leaves names of this machine to the system', async () => {
  const before = dns.questions
  expect((await lookup('localhost')).map(({ address }) => address)).toContain('127.0.0.1')
  expect(dns.questions).toBe(before)
})
