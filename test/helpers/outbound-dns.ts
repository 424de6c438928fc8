import { createSocket } from 'node:dgram'

/** A name server on a UDP port of 127.0.0.1. Names that it does not know are never answered. */
export interface DnsServer {
  /** `127.0.0.1:PORT`. */
  address: string
  /** How many questions came in. */
  readonly questions: number
  close(): Promise<void>
}

/** Starts a name server that answers with these IPv4 addresses, and with no IPv6 ones. */
export async function startDns(names: Record<string, string>): Promise<DnsServer> {
  const socket = createSocket('udp4')
  let questions = 0
  socket.on('message', (query, sender) => {
    questions += 1
    const { name, type, end } = readQuestion(query)
    const address = names[name]
    if (address !== undefined)
      socket.send(answer(query, end, type === 1 ? [address] : []), sender.port, sender.address)
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

const headerBytes = 12

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

/** The answer to a query's question, with A records (RFC 1035 §4.1). */
function answer(query: Buffer, questionEnd: number, addresses: string[]): Buffer {
  const header = Buffer.from(query.subarray(0, headerBytes))
  header.writeUInt16BE(0x8180, 2)
  header.writeUInt16BE(addresses.length, 6)
  header.writeUInt32BE(0, 8)
  const records = addresses.map((address) =>
    Buffer.from([0xc0, headerBytes, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]),
  )
  return Buffer.concat([header, query.subarray(headerBytes, questionEnd), ...records])
}
