import { promises as dns, type LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { fail, ok, type Result } from '../error.js'
import { type AllowList, addressAllowed } from './address.js'
import { OutboundError } from './trouble.js'

/** Resolves a name to all its addresses; rejects with a coded error (`ENOTFOUND`, …) when it cannot. */
export type Lookup = (hostname: string) => Promise<LookupAddress[]>

/** The operating system's resolver. */
export const systemLookup: Lookup = (hostname) => dns.lookup(hostname, { all: true })

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

function codeOf(error: NodeJS.ErrnoException): string {
  if (typeof error.code === 'string') return error.code
  throw error
}
