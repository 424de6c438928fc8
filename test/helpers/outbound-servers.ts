import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'

/** A server on a free port, what has come to it so far, and its end. */
export interface Listener {
  port: number
  /** Connections taken so far, and those still open. */
  connections(): number
  open(): number
  /** Bytes received, over all connections. */
  bytes(): number
  close(): Promise<void>
}

/** A TCP server on loopback that lets `onConnection` speak; without one it listens and says nothing. */
export function listenTcp(onConnection?: (socket: Socket) => void, host = '127.0.0.1'): Promise<Listener> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    onConnection?.(socket)
  })
  return listen(server, host, true)
}

/** An HTTP server on loopback. */
export function serveHttp(onRequest: RequestListener): Promise<Listener> {
  return listen(createServer({ keepAliveTimeout: 60_000 }, onRequest), '127.0.0.1', false)
}

/** Like `serveHttp`, for any TCP server; `drain` reads what nobody else reads, so that it can be counted. */
export async function listen(server: Server, host: string, drain: boolean): Promise<Listener> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    if (drain) socket.resume()
  })
  server.listen(0, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => sockets.size,
    open: () => [...sockets].filter((socket) => !socket.closed).length,
    bytes: () => [...sockets].reduce((sum, socket) => sum + socket.bytesRead, 0),
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
