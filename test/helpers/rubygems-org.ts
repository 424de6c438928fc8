import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createInbox, type Inbox } from './inbox.js'
import { type AccountOptions, createAccounts, type OrgAccount } from './rubygems-org-accounts.js'
import { noRoute, type OrgAnswer, type OrgRequest, text } from './rubygems-org-answer.js'
import { createCatalogue, type OrgRelease, type PushOptions } from './rubygems-org-catalogue.js'
import { createDeliveries, type Delivered } from './rubygems-org-deliveries.js'
import { createHookApi } from './rubygems-org-hooks.js'
import { createIndex } from './rubygems-org-index.js'
import { createReads } from './rubygems-org-reads.js'

export type { AccountOptions, OrgAccount, OrgHook, OrgKey } from './rubygems-org-accounts.js'
export type { OrgAnswer, OrgRequest } from './rubygems-org-answer.js'
export type { OrgRelease, PushOptions } from './rubygems-org-catalogue.js'
export type { Delivered } from './rubygems-org-deliveries.js'

/** `hang` never answers, `drop` closes the connection, `cut` closes it in the middle of the true answer. */
export type OrgFault =
  | OrgAnswer
  | 'hang'
  | 'drop'
  | 'cut'
  | ((request: OrgRequest, truth: OrgAnswer) => OrgAnswer | 'hang' | 'drop' | 'cut')

/** Faults that a test can name. */
export const faults = {
  serverError: text(500, 'Internal Server Error'),
  /** 503; `seconds` is its `Retry-After`. */
  unavailable: (seconds?: number): OrgAnswer => text(503, 'Service Unavailable', retryAfter(seconds)),
  /** 429; `seconds` is its `Retry-After`. */
  throttled: (seconds?: number): OrgAnswer => text(429, 'Retry later\n', retryAfter(seconds)),
  /** 200 with a page for people, as a captive portal or a proxy shows one. */
  webPage: {
    status: 200,
    headers: { 'Content-Type': 'text/html' },
    body: '<!doctype html><p>Hello',
  } as OrgAnswer,
  /** 200 with something that only claims to be JSON. */
  garbage: { status: 200, headers: { 'Content-Type': 'application/json' }, body: '\u0000{"' } as OrgAnswer,
  /** 200 with the first half of the true body, complete as far as HTTP can tell. */
  halfTheBody: (_: OrgRequest, truth: OrgAnswer): OrgAnswer => ({
    ...truth,
    body: truth.body.slice(0, truth.body.length / 2),
  }),
}

/** Stands in for RubyGems.org: a real server on 127.0.0.1. It begins without gems and accounts. */
export interface RubygemsOrg {
  /** Base URL: `RUBYGEMS_HOST`. */
  url: string

  /** Publishes a release; throws when it was published before. Hooks are called when `announcing`. */
  push(name: string, number: string, options?: PushOptions): OrgRelease
  yank(name: string, number: string, platform?: string): OrgRelease
  /** What only RubyGems.org's own people can do: makes a yanked release live again. */
  restore(name: string, number: string, platform?: string): OrgRelease
  /** All rows in the order in which they came. */
  releases: readonly OrgRelease[]
  /** A release's payload with its 24 keys. */
  payloadOf(release: OrgRelease): Record<string, unknown>
  /** What happens once a month: `/versions` is written anew, shorter, without yanks. */
  rebuildIndex(): void

  /** A user with one key, unless told. `hooks` of what it returns are its hooks, which a test may read and change. */
  addAccount(handle: string, options?: AccountOptions): OrgAccount

  /** Whether pushes, yanks and restores are announced to registered hooks from now on. False at first. */
  announcing: boolean
  /** Announcements that ended, in that order. Three failed attempts raise the hook's `failureCount`. */
  announced: Delivered[]
  /** Resolves when no announcement is under way. */
  settled(): Promise<void>

  /** From now on answers like this: all requests, or those whose path is or matches `on`, or only so many `times`. */
  fail(fault: OrgFault, where?: { on?: string | RegExp; times?: number }): void
  /** Ends all faults. */
  mend(): void
  /** Refuses connections until `openPort`. */
  closePort(): Promise<void>
  /** Listens again, on the same port. */
  openPort(): Promise<void>

  /** Every request that arrived in full, in order, failed ones included; `waitFor` waits for so many. */
  requests: Inbox<OrgRequest>
  /** How many of them have this path (without query), or one that matches; without a path, how many in all. */
  count(path?: string | RegExp): number

  close(): Promise<void>
}

/** Starts it. `now` is its clock in ms since the epoch: when releases are created, and what `fire` is throttled by. */
export async function startRubygemsOrg(options: { now?: () => number } = {}): Promise<RubygemsOrg> {
  const now = options.now ?? Date.now
  let url = ''
  const catalogue = createCatalogue(() => url, now)
  const accounts = createAccounts()
  const index = createIndex(catalogue, now)
  const deliveries = createDeliveries(catalogue)
  const reads = createReads(catalogue, accounts, now)
  const hookApi = createHookApi(catalogue, accounts, deliveries, now)
  const requests = createInbox<OrgRequest>()
  let failing: { fault: OrgFault; on: string | RegExp | undefined; left: number }[] = []

  const truthFor = async (request: OrgRequest) =>
    (await hookApi(request)) ??
    index.answer(request) ??
    reads(request) ??
    retired(request) ??
    noRoute(request.path)

  const port = createPort(async (request, response) => {
    requests.add(request)
    const broken = failing.find(({ on, left }) => left > 0 && (on === undefined || isAt(request, on)))
    if (broken !== undefined) broken.left--
    // What fails does nothing: not even a hook is registered.
    const looksAtTruth = broken === undefined || typeof broken.fault === 'function' || broken.fault === 'cut'
    const truth = looksAtTruth ? await truthFor(request) : text(200, '')
    const fault = broken?.fault ?? truth
    send(response, typeof fault === 'function' ? fault(request, truth) : fault, truth)
  })
  await port.open()
  url = `http://127.0.0.1:${port.number()}`

  const org: RubygemsOrg = {
    url,
    push(name, number, pushing) {
      const release = catalogue.push(name, number, pushing)
      if (release.state === 'live') happened(release)
      return release
    },
    yank: (name, number, platform) => change(catalogue.find(name, number, platform), 'yanked'),
    restore: (name, number, platform) => change(catalogue.find(name, number, platform), 'live'),
    releases: catalogue.all,
    payloadOf: catalogue.gemFacts,
    rebuildIndex: index.rebuild,
    addAccount: accounts.add,
    announcing: false,
    announced: deliveries.ended,
    settled: deliveries.settled,
    fail(fault, { on, times = Number.POSITIVE_INFINITY } = {}) {
      failing.push({ fault, on, left: times })
    },
    mend() {
      failing = []
    },
    closePort: port.close,
    openPort: port.open,
    requests,
    count: (path) => requests.all.filter((request) => path === undefined || isAt(request, path)).length,
    async close() {
      await port.close()
      await deliveries.close()
      await deliveries.settled()
    },
  }
  const happened = (release: OrgRelease) => {
    index.append(release)
    if (org.announcing) deliveries.announce(release, accounts.all)
  }
  const change = (release: OrgRelease, state: 'live' | 'yanked') => {
    if (release.state === state) throw new Error(`${release.name} ${release.number} is ${state} already.`)
    catalogue.setState(release, state)
    happened(release)
    return release
  }
  return org
}

function isAt({ path }: OrgRequest, where: string | RegExp): boolean {
  return typeof where === 'string' ? path === where : where.test(path)
}

function retryAfter(seconds: number | undefined): Record<string, string> {
  return seconds === undefined ? {} : { 'Retry-After': String(seconds) }
}

/** What was retired and is no read (protocol/rubygems-api.md §5.6, §5.16). */
function retired({ method, path }: OrgRequest): OrgAnswer | null {
  if (method === 'PUT' && path === '/api/v1/gems/unyank') return text(403, oldPlugin)
  return method === 'GET' && /^\/api\/v1\/api_key(\.json)?$/.test(path) ? text(410, noKeyHere) : null
}

const oldPlugin =
  'This version of the Gemcutter plugin has been deprecated.Please install the latest version using: gem update gemcutter'
const noKeyHere =
  'This endpoint has been retired. `gem signin` (GET /api/v1/api_key) is no longer supported. Create an API key at https://rubygems.org/profile/api_keys and set it up following https://guides.rubygems.org/api-key-scopes/.'

/** A server that can be closed and opened again on the same port. */
function createPort(onRequest: (request: OrgRequest, response: ServerResponse) => Promise<void>) {
  let server: Server | null = null
  let number = 0
  return {
    number: () => number,
    async open() {
      server = createServer(async (incoming, response) => {
        const request = await read(incoming)
        if (request !== null) await onRequest(request, response)
      })
      server.listen(number, '127.0.0.1')
      await once(server, 'listening')
      number = (server.address() as AddressInfo).port
    },
    async close() {
      if (server === null) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      server = null
      await closed
    },
  }
}

/** Null when the client went away before its request was complete. */
async function read(incoming: IncomingMessage): Promise<OrgRequest | null> {
  const body = await buffer(incoming).catch(() => null)
  if (body === null) return null
  const target = new URL(incoming.url ?? '/', 'http://localhost')
  return {
    method: incoming.method ?? '',
    path: target.pathname,
    query: target.searchParams,
    headers: incoming.headers,
    body,
  }
}

function send(response: ServerResponse, answer: OrgAnswer | 'hang' | 'drop' | 'cut', truth: OrgAnswer): void {
  if (answer === 'hang') return
  if (answer === 'drop') {
    response.destroy()
    return
  }
  const { status, headers, body } = answer === 'cut' ? truth : answer
  const length = status === 304 ? {} : { 'Content-Length': Buffer.byteLength(body) }
  response.writeHead(status, { ...headers, ...length })
  if (answer === 'cut') response.write(body.slice(0, body.length / 2), () => response.destroy())
  else response.end(body)
}
