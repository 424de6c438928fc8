import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { Router } from 'express'
import { pino } from 'pino'
import { createApp } from '../../src/app.js'
import type { Arrival, Receipt } from '../../src/ledger/arrivals.js'
import { createVerifier } from '../../src/receive/authorization.js'
import { type Calibration, createCalibration } from '../../src/receive/calibration.js'
import { createGroupCommit } from '../../src/receive/group-commit.js'
import { receiveRouter } from '../../src/receive/router.js'
import { createSigner } from '../../src/secret.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import { secrets } from '../helpers/webhooks.js'

export interface ReceiverOptions {
  /** RUBYGEMS_API_KEYS; the fixtures' legacy key unless told. */
  configured?: string[]
  /** GEMHERALD_RECEIVER_TOKEN */
  token?: string
  /** Stands in for the ledger's `arrivals.record`. */
  record?: (arrivals: Arrival[]) => Receipt[]
  /** ms since the epoch; always `testTime` unless told. */
  now?: () => number
}

/** A line of pino's log. */
export interface LogLine {
  level: number
  msg: string
  [key: string]: unknown
}

/** The receiver on a real port, with a real ledger behind it. */
export interface TestReceiver {
  /** `http://127.0.0.1:PORT` */
  origin: string
  port: number
  temp: TempLedger
  /** Makes tickets that this receiver takes. */
  calibration: Calibration
  /** What was logged, one object per line. */
  logs: LogLine[]
  /** How many arrivals each commit held. */
  commits: number[]
  /** Posts a webhook and reads the answer, which must be JSON. */
  post(
    webhook: { headers: Record<string, string>; body: Buffer },
    path?: string,
  ): Promise<{ status: number; headers: Headers; answer: Record<string, unknown> }>
  /** How many events the ledger has. */
  countEvents(): number
  /** How many connections are open on the receiver's side. */
  connections(): Promise<number>
  /** Opens a connection, sends the text as it stands and resolves with all that comes back once the server hangs up. */
  talk(request: string | Buffer): Promise<string>
  /** Opens a connection; it is destroyed when the receiver stops. */
  open(): Socket
  stop(): Promise<void>
}

export async function startReceiver({
  configured = [secrets.legacy],
  token,
  record,
  now = () => testTime,
}: ReceiverOptions = {}) {
  const temp = openTempLedger()
  const logs: LogLine[] = []
  const commits: number[] = []
  const log = pino({ level: 'trace' }, { write: (line) => logs.push(JSON.parse(line)) })
  const keep = createGroupCommit(
    (arrivals) => {
      commits.push(arrivals.length)
      return (record ?? temp.ledger.arrivals.record)(arrivals)
    },
    () => {},
  )
  const calibration = createCalibration(createSigner('secret of the installation', 'calibration'), now)
  const receive = receiveRouter({
    verifier: createVerifier(configured),
    receiverToken: token ?? null,
    keep,
    calibration,
    confirm: false,
    now,
    log,
  })
  const others = {
    manage: Router(),
    catalog: Router(),
    api: Router(),
    feeds: Router(),
    web: Router(),
    unsubscribe: Router(),
    health: Router(),
    metrics: Router(),
  }
  const server = createServer(createApp({ receive, ...others, log }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const sockets: Socket[] = []

  const open = () => {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    return socket
  }
  const origin = `http://127.0.0.1:${port}`
  const receiver: TestReceiver = {
    origin,
    port,
    temp,
    calibration,
    logs,
    commits,
    open,
    async post({ headers, body }, path = '/webhooks/rubygems') {
      const response = await fetch(origin + path, { method: 'POST', headers, body: new Uint8Array(body) })
      const answer = (await response.json()) as Record<string, unknown>
      return { status: response.status, headers: response.headers, answer }
    },
    countEvents: () => temp.query('SELECT id FROM events').length,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    async talk(request) {
      const socket = open()
      socket.write(request)
      return text(socket)
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      temp.remove()
    },
  }
  return receiver
}
