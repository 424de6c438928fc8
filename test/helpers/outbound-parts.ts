import { isIP } from 'node:net'
import type { Result } from '../../src/error.js'
import { type AllowList, compileAllow } from '../../src/outbound/address.js'
import type { Lookup } from '../../src/outbound/lookup.js'

/** The allow list for these CIDRs, which must be right. */
export function allowing(...cidrs: string[]): AllowList {
  return unwrap(compileAllow(cidrs))
}

export const nothing = allowing()
export const loopback = allowing('127.0.0.0/8', '::1/128')

/** A resolver that knows these names; any other does not exist. */
export function knowing(names: Record<string, string[]>): Lookup {
  return async (hostname) => {
    const addresses = names[hostname]
    if (addresses === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
    return addresses.map((address) => ({ address, family: isIP(address) }))
  }
}

/** The value of a result that must be ok. */
export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`unexpected problem ${result.problem.code}: ${result.problem.message}`)
  return result.value
}
