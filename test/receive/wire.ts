import { connect, type Socket } from 'node:net'

/** An answer as it came over the wire. */
export interface WireAnswer {
  status: number
  /** Status line and headers. */
  head: string
  body: string
}

/** Connections to a port of 127.0.0.1 that are kept alive as long as the server keeps them. */
export interface Wires {
  /** Sends every request as it stands, several at a time, and gives the answers in order; null where the server hung up. */
  ask(requests: readonly Buffer[]): Promise<(WireAnswer | null)[]>
  close(): void
}

/** Up to `count` requests are under way at once, each on a connection of its own. */
export function openWires(port: number, count: number): Wires {
  const wires = Array.from({ length: count }, () => createWire(port))
  return {
    async ask(requests) {
      const answers: (WireAnswer | null)[] = []
      let next = 0
      const work = async (wire: Wire) => {
        for (let at = next++; at < requests.length; at = next++)
          answers[at] = await wire.ask(requests[at] ?? Buffer.alloc(0))
      }
      await Promise.all(wires.map(work))
      return answers
    },
    close() {
      for (const wire of wires) wire.close()
    },
  }
}

interface Wire {
  ask(request: Buffer): Promise<WireAnswer | null>
  close(): void
}

function createWire(port: number): Wire {
  let socket: Socket | undefined
  let received = ''
  let settle: (answer: WireAnswer | null) => void = () => {}

  const open = (): Socket => {
    const opened = connect(port, '127.0.0.1')
    opened.setNoDelay()
    opened.on('data', (chunk) => {
      received += chunk.toString('latin1')
      const answer = parseAnswer(received)
      if (answer === undefined) return
      received = ''
      if (/\r\nconnection: close/i.test(answer.head)) {
        opened.destroy()
        socket = undefined
      }
      settle(answer)
    })
    opened.on('error', () => {})
    opened.on('close', () => {
      if (socket !== opened) return
      socket = undefined
      settle(null)
    })
    return opened
  }

  return {
    ask: (request) =>
      new Promise((resolve) => {
        received = ''
        settle = resolve
        socket ??= open()
        socket.write(request)
      }),
    close: () => socket?.destroy(),
  }
}

/** The first answer that is final, once all of it is there. */
function parseAnswer(received: string): WireAnswer | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = received.slice(0, end)
  const rest = received.slice(end + 4)
  const status = Number(head.slice(9, 12))
  if (status < 200) return parseAnswer(rest)
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
  if (rest.length < length) return undefined
  return { status, head, body: Buffer.from(rest.slice(0, length), 'latin1').toString('utf8') }
}
