import { promises as dns, type LookupAddress } from 'node:dns'
import { existsSync, readFileSync } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { fail, ok, type Result } from '../error.js'
import { type AllowList, addressAllowed } from './address.js'
import { OutboundError } from './trouble.js'

/** Resolves a name to all its addresses; rejects with a coded error (`ENOTFOUND`, …) when it cannot. */
export type Lookup = (hostname: string) => Promise<LookupAddress[]>

/**
 * Asks the machine's name servers, each name once at a time, for about 3 s at most. Not getaddrinfo: it works on four
 * threads that all share, so a few names whose servers never answer would stop every other one. Only names without a dot,
 * which strangers' servers do not answer, and those in the hosts file are left to it. `servers` stand in for the
 * machine's.
 */
export function createLookup(servers?: readonly string[]): Lookup {
  const underWay = new Map<string, Promise<LookupAddress[]>>()
  return (hostname) => {
    const known = underWay.get(hostname)
    if (known !== undefined) return known
    const asked = isLocalName(hostname) ? dns.lookup(hostname, { all: true }) : askServers(hostname, servers)
    const looking = asked.finally(() => underWay.delete(hostname))
    underWay.set(hostname, looking)
    return looking
  }
}

/** The lookup of this machine. */
export const systemLookup: Lookup = createLookup()

/**
 * A name's addresses, if every one of them may be reached. `forbidden` when any may not: a name with two faces is
 * refused whole. `unavailable` when it does not resolve. Addresses are not told: they may be an inside matter.
 */
export async function resolve(
  hostname: string,
  allow: AllowList,
  lookup: Lookup,
): Promise<Result<LookupAddress[]>> {
  const addresses = await lookup(hostname).catch(codeOf)
  if (typeof addresses === 'string') return fail('unavailable', `${hostname} does not resolve (${addresses})`)
  if (addresses.length === 0) return fail('unavailable', `${hostname} does not resolve (no addresses)`)
  if (addresses.every(({ address }) => addressAllowed(address, allow))) return ok(addresses)
  return fail(
    'forbidden',
    `${hostname} has an address that is not on the public internet: use another name, or add that address to OUTBOUND_ALLOW`,
  )
}

/** `resolve` in the shape that sockets ask for, so that the addresses that were checked are those connected to. */
export function guardedLookup(allow: AllowList, lookup: Lookup): LookupFunction {
  return (hostname, _options, callback) => {
    resolve(hostname, allow, lookup).then(
      (resolved) =>
        resolved.ok ? callback(null, resolved.value) : callback(new OutboundError(resolved.problem), []),
      (bug) => callback(bug, []),
    )
  }
}

function isLocalName(hostname: string): boolean {
  return !hostname.includes('.') || hostsFileNames().has(hostname)
}

const hostsFile = '/etc/hosts'

function hostsFileNames(): Set<string> {
  if (!existsSync(hostsFile)) return new Set()
  const entries = readFileSync(hostsFile, 'utf8').replaceAll(/#.*/g, '').split('\n')
  return new Set(entries.flatMap((entry) => entry.trim().toLowerCase().split(/\s+/).slice(1)))
}

async function askServers(
  hostname: string,
  servers: readonly string[] | undefined,
): Promise<LookupAddress[]> {
  // A new resolver each time reads the machine's settings as they are now.
  const resolver = new dns.Resolver({ timeout: 1000, tries: 2 })
  if (servers !== undefined) resolver.setServers(servers)
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
  if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason
  return [...withFamily(v4, 4), ...withFamily(v6, 6)]
}

function withFamily(answer: PromiseSettledResult<string[]>, family: 4 | 6): LookupAddress[] {
  return answer.status === 'rejected' ? [] : answer.value.map((address) => ({ address, family }))
}

function codeOf(error: NodeJS.ErrnoException): string {
  if (typeof error.code === 'string') return error.code
  throw error
}
