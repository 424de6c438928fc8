import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { fail, ok, type Result } from '../error.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = readonly [Address, number]

/** Ranges outside the public internet that may be reached all the same. Made by `compileAllow`. */
export interface AllowList {
  readonly ranges: readonly Range[]
}

/** Reads CIDRs such as `127.0.0.0/8` or `::1/128`; the problem (`invalid`) names the first one that is not a CIDR. */
export function compileAllow(cidrs: readonly string[]): Result<AllowList> {
  const ranges: Range[] = []
  for (const cidr of cidrs) {
    const range = parseCidr(cidr)
    if (range === null)
      return fail('invalid', `"${cidr}" is not a CIDR: write it like 10.0.0.0/8 or fd00::/8`)
    ranges.push(range)
  }
  return ok({ ranges })
}

/**
 * Whether an outbound connection to this IP address may be made: it lies on the public internet (by the IANA
 * special-purpose registries for IPv4 and IPv6) or in the allow list. Text that is not a plain IP address is never
 * allowed; an IPv4-mapped IPv6 address is judged as the IPv4 address in it.
 */
export function addressAllowed(ip: string, allow: AllowList): boolean {
  const address = parseAddress(ip)
  return address !== null && (isPublic(address) || allow.ranges.some((range) => contains(range, address)))
}

function parseCidr(cidr: string): Range | null {
  const [, base, bits] = /^([^/]+)\/(\d{1,3})$/.exec(cidr) ?? []
  if (base === undefined) return null
  const written = parsePlain(base)
  const prefix = Number(bits)
  if (written === null || prefix > (written.kind() === 'ipv4' ? 32 : 128)) return null
  const address = unmap(written)
  // A range of mapped addresses is the range of the IPv4 addresses in them.
  if (address.kind() === written.kind()) return [address, prefix]
  return prefix >= 96 ? [address, prefix - 96] : [written, prefix]
}

function parseAddress(ip: string): Address | null {
  const address = parsePlain(ip)
  return address && unmap(address)
}

// ipaddr.js alone reads too much: octal IPv4, zone ids, and `::1.2.3.4` as if it were `::ffff:1.2.3.4`. Node decides
// what an address is, and the URL parser writes IPv6 in hex groups, which have one reading.
function parsePlain(ip: string): Address | null {
  if (isIPv4(ip)) return ipaddr.IPv4.parse(ip)
  if (!isIPv6(ip) || ip.includes('%')) return null
  return ipaddr.IPv6.parse(new URL(`http://[${ip}]/`).hostname.slice(1, -1))
}

function unmap(address: Address): Address {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address
}

const azureHost = ipaddr.IPv4.parse('168.63.129.16')
const globalUnicast: Range = [ipaddr.IPv6.parse('2000::'), 3]

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false
  // Three things ipaddr.js does not know: Azure's host answers on a public-looking address, IPv6 outside 2000::/3 is
  // either special or not given out yet, and ISATAP tunnels to an IPv4 address whatever the network's prefix.
  return address instanceof ipaddr.IPv6
    ? contains(globalUnicast, address) && !isIsatap(address)
    : !contains([azureHost, 32], address)
}

/** RFC 5214 §6.1: an interface identifier `0:5efe:a.b.c.d`, or with the bit for a unique address `200:5efe:a.b.c.d`. */
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return (parts[4] === 0 || parts[4] === 0x200) && parts[5] === 0x5efe
}

function contains([base, prefix]: Range, address: Address): boolean {
  return base.kind() === address.kind() && address.match(base, prefix)
}
