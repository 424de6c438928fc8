import { once } from 'node:events'
import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net'
import { buildConnector } from 'undici'
import { type AllowList, addressAllowed } from './address.js'
import { refuseLiteral } from './guard.js'
import { guardedLookup, type Lookup } from './lookup.js'
import { OutboundError, unavailable } from './trouble.js'

type Target = buildConnector.Options

/**
 * Opens undici's sockets, and only where the allow list and the public internet let it. It checks literal hosts
 * (sockets ask no lookup about those), resolved addresses, and the address that a socket really reached, before a byte
 * is written to it.
 */
export class GuardedConnector {
  readonly #allow: AllowList
  readonly #lookup: LookupFunction
  readonly #limitMs: number
  readonly #startTls = buildConnector({ timeout: 0 })
  readonly #sockets = new Set<Socket>()
  #closed = false

  /** `limitMs` bounds DNS, TCP and TLS together. */
  constructor(allow: AllowList, lookup: Lookup, limitMs: number) {
    this.#allow = allow
    this.#lookup = guardedLookup(allow, lookup)
    this.#limitMs = limitMs
  }

  /** What undici calls for a new connection. */
  readonly connect: buildConnector.connector = (target, callback) => {
    this.#open(target).then(
      (socket) => callback(null, socket),
      (error) => callback(error, null),
    )
  }

  /** Destroys all sockets, connecting ones too, and opens no more. Resolves when all are closed. */
  async close(): Promise<void> {
    this.#closed = true
    const closing = [...this.#sockets].map(
      (socket) => new Promise((resolve) => socket.once('close', resolve)),
    )
    for (const socket of this.#sockets) socket.destroy(stopping())
    await Promise.all(closing)
  }

  async #open(target: Target): Promise<Socket> {
    if (this.#closed) throw stopping()
    const refusal = refuseLiteral(target.hostname, this.#allow)
    if (refusal !== null) throw new OutboundError(refusal)
    const socket = this.#dial(target)
    const timer = setTimeout(() => socket.destroy(tooSlow(target, this.#limitMs)), this.#limitMs)
    try {
      await once(socket, 'connect')
      refusePeer(socket, target, this.#allow)
      return target.protocol === 'https:' ? await this.#secure(socket, target) : socket
    } catch (error) {
      socket.destroy()
      throw socket.errored ?? error
    } finally {
      clearTimeout(timer)
    }
  }

  #dial({ hostname, port, protocol }: Target): Socket {
    const socket = connectTcp({
      host: hostname,
      port: Number(port) || (protocol === 'https:' ? 443 : 80),
      lookup: this.#lookup,
      autoSelectFamily: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
    })
    this.#sockets.add(socket)
    return socket.once('close', () => this.#sockets.delete(socket))
  }

  // TLS starts on a socket whose peer was checked: left to connect by itself, it would send its hello first.
  #secure(httpSocket: Socket, target: Target): Promise<Socket> {
    return new Promise((resolve, reject) => {
      this.#startTls({ ...target, httpSocket }, (error, socket) =>
        error === null ? resolve(socket) : reject(tlsTrouble(target, error)),
      )
    })
  }
}

function refusePeer(socket: Socket, target: Target, allow: AllowList): void {
  const peer = socket.remoteAddress
  if (peer === undefined)
    throw new OutboundError(unavailable(`${name(target)}: the connection was closed at once`))
  if (addressAllowed(peer, allow)) return
  const message = `${target.hostname} leads to an address outside the public internet: use another host, or add the address to OUTBOUND_ALLOW`
  throw new OutboundError({ code: 'forbidden', message })
}

function tooSlow(target: Target, limitMs: number): OutboundError {
  return new OutboundError(unavailable(`${name(target)}: could not connect within ${limitMs / 1000} s`))
}

function tlsTrouble(target: Target, error: Error & { reason?: string }): OutboundError {
  // OpenSSL's message is a trace, its reason is a phrase; and either may quote what a stranger's certificate says.
  const reason = (error.reason ?? error.message).slice(0, 200)
  return new OutboundError(unavailable(`${name(target)}: TLS failed (${reason})`))
}

function stopping(): OutboundError {
  return new OutboundError(unavailable('the request was cut short: gemherald is stopping'))
}

function name({ host, hostname }: Target): string {
  return host ?? hostname
}
