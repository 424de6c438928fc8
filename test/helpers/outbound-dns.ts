import { createSocket } from 'node:dgram'
import dns from 'node:dns'
import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A name server on a UDP port of 127.0.0.1. Names that it does not know are never answered. */
export interface DnsServer {
  /** `127.0.0.1:PORT`. */
  address: string
  /** How many questions came in. */
  readonly questions: number
  close(): Promise<void>
}

/** A name's addresses, or what they are on the first, second, … look-up. */
export type DnsAnswer = readonly string[] | ((lookup: number) => readonly string[])

/** Starts a name server that answers with these addresses, IPv4 and IPv6. */
export async function startDns(names: Record<string, DnsAnswer>): Promise<DnsServer> {
  const socket = createSocket('udp4')
  const asked = new Map<string, number>()
  let questions = 0
  socket.on('message', (query, sender) => {
    questions += 1
    const { name, type, end } = readQuestion(query)
    const known = names[name]
    if (known === undefined) return
    const lookup = (asked.get(`${name} ${type}`) ?? 0) + 1
    asked.set(`${name} ${type}`, lookup)
    const addresses = typeof known === 'function' ? known(lookup) : known
    socket.send(answer(query, end, ofType(addresses, type)), sender.port, sender.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${socket.address().port}`,
    get questions() {
      return questions
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

/** Has this whole process ask the server instead of the machine's own ones, until what it returns is called. */
export function askOnly({ address }: DnsServer): () => void {
  const { Resolver } = dns.promises
  class OneServerResolver extends Resolver {
    constructor(options?: dns.ResolverOptions) {
      super(options)
      this.setServers([address])
    }
  }
  Object.assign(dns.promises, { Resolver: OneServerResolver })
  return () => Object.assign(dns.promises, { Resolver })
}

const headerBytes = 12
const types = { A: 1, AAAA: 28 }

/** The one question of a query (RFC 1035 §4.1.2). */
function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = headerBytes
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('ascii', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function ofType(addresses: readonly string[], type: number): Buffer[] {
  return addresses.filter((address) => type === (isIPv4(address) ? types.A : types.AAAA)).map(record)
}

/** The answer to a query's question, with A or AAAA records (RFC 1035 §4.1, RFC 3596 §2.2). */
function answer(query: Buffer, questionEnd: number, records: Buffer[]): Buffer {
  const header = Buffer.from(query.subarray(0, headerBytes))
  header.writeUInt16BE(0x8180, 2)
  header.writeUInt16BE(records.length, 6)
  header.writeUInt32BE(0, 8)
  return Buffer.concat([header, query.subarray(headerBytes, questionEnd), ...records])
}

/** A record for the name in the question, good for no time at all. */
function record(address: string): Buffer {
  const type = isIPv4(address) ? types.A : types.AAAA
  const bytes = bytesOf(address)
  return Buffer.from([0xc0, headerBytes, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes.length, ...bytes])
}

function bytesOf(address: string): number[] {
  // ipaddr.js reads `::1.2.3.4` as if it were `::ffff:1.2.3.4`; in hex groups there is one reading.
  const plain = isIPv4(address) ? address : new URL(`http://[${address}]/`).hostname.slice(1, -1)
  return ipaddr.parse(plain).toByteArray()
}
