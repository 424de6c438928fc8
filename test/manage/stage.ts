import { once } from 'node:events'
import { createServer, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import express from 'express'
import { type Logger, pino } from 'pino'
import { createChannels, type MailSettings } from '../../src/channels/channels.js'
import { keepInInbox } from '../../src/compose/inbox.js'
import type { Job } from '../../src/delivery.js'
import { createFireLimit } from '../../src/manage/fire-limit.js'
import { createHookDesk, type HookDesk } from '../../src/manage/hook-desk.js'
import { type ManageParts, manageRouter } from '../../src/manage/router.js'
import type { AllowList } from '../../src/outbound/address.js'
import { createOutbound } from '../../src/outbound/client.js'
import type { Lookup } from '../../src/outbound/lookup.js'
import { createRubygems } from '../../src/rubygems/client.js'
import { hashKey } from '../../src/secret.js'
import { knowing, loopback } from '../helpers/outbound-parts.js'
import { type RubygemsHost, startRubygemsHost } from '../helpers/rubygems-host.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'

export const key = 'gh_key_of_the_first_account'
export const otherKey = 'gh_key_of_the_second_account'

/** An answer as it came over the wire. */
export interface WireAnswer {
  status: number
  /** Names and values as sent, without what HTTP itself adds (Date, Connection, Keep-Alive). */
  headers: Record<string, string>
  body: string
}

export interface WireRequest {
  headers?: Record<string, string>
  body?: string | Buffer
  /** API key; null for none. */
  key?: string | null
}

/** The hook API on a real port, with a real ledger, real channels and an upstream that knows `rails` and `gemcutter`. */
export interface Stage {
  /** Where it listens on 127.0.0.1. */
  port: number
  temp: TempLedger
  upstream: RubygemsHost
  /** The same parts, as the page and the JSON API use them. */
  desk: HookDesk
  /** How often it was said that hooks were registered or removed. */
  changes(): number
  /** What was handed to the channels. */
  jobs: Job[]
  /** What was logged, one object a line. */
  logged: Record<string, unknown>[]
  /** One request, with no header but these, `Host` and the key's. */
  call(method: string, path: string, request?: WireRequest): Promise<WireAnswer>
  /** One request to the hook API with urlencoded parameters in its body. */
  post(path: string, parameters: Record<string, string>, key?: string): Promise<WireAnswer>
  close(): Promise<void>
}

interface StageOptions {
  allow?: AllowList
  mail?: MailSettings
  missingMail?: string
  /** Names that resolve; all others do not. */
  names?: Record<string, string[]>
  /** Resolves names instead. */
  lookup?: Lookup
  rubygemsHost?: string
}

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const temp = openTempLedger()
  addKeys(temp)
  const upstream = await startRubygemsHost()
  upstream.add('rails')
  upstream.add('gemcutter', { version: '0.7.1' })

  const now = () => testTime
  const allow = options.allow ?? loopback
  const lookup = options.lookup ?? knowing({ localhost: ['127.0.0.1'], ...options.names })
  const outbound = createOutbound({ allow, userAgent: 'gemherald/test', lookup })
  const channels = createChannels({
    outbound,
    mail: options.mail ?? null,
    inbox: keepInInbox(temp.ledger.inbox, now, () => {}),
    now,
  })
  let clientTime = testTime
  const jobs: Job[] = []
  let changes = 0
  const logged: Record<string, unknown>[] = []
  const parts: ManageParts = {
    ledger: temp.ledger,
    channels: {
      attempt(job) {
        jobs.push(job)
        return channels.attempt(job)
      },
    },
    rubygems: createRubygems({
      host: options.rubygemsHost ?? upstream.url,
      outbound,
      // Its own pace and pauses are not what is tested here: they take no time.
      now: () => clientTime,
      sleep: async (ms) => {
        clientTime += ms
      },
    }),
    allow,
    lookup,
    changed() {
      changes += 1
    },
    gemPage: (gemName) => `https://rubygems.org/gems/${gemName}`,
    missingMail: options.missingMail ?? null,
    fireLimit: createFireLimit(),
    signingKey: (accountId) => temp.ledger.accounts.signingKey(accountId, testTime) ?? '',
    now,
    log: keepingLog(logged),
  }
  const port = await serve(express().use(manageRouter(parts)))

  const call = (method: string, path: string, wire: WireRequest = {}) => ask(port.number, method, path, wire)
  return {
    port: port.number,
    temp,
    upstream,
    desk: createHookDesk({ ...parts, mailFrom: options.mail?.from ?? null }),
    changes: () => changes,
    jobs,
    logged,
    call,
    post: (path, parameters, useKey = key) =>
      call('POST', path, {
        key: useKey,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(parameters).toString(),
      }),
    async close() {
      await port.close()
      await channels.close()
      await outbound.close()
      await upstream.close()
      temp.remove()
    },
  }
}

/** Gives each of the two accounts its key. */
export function addKeys(temp: TempLedger): void {
  for (const [name, text] of [
    ['default', key],
    ['second', otherKey],
  ] as const)
    temp.ledger.accounts.addKey(temp.account(name), { name, hash: hashKey(text), sealed: text }, testTime)
}

/** Serves an app on a port of 127.0.0.1. */
export async function serve(app: RequestListener): Promise<{ number: number; close(): Promise<void> }> {
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    number: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Sends a request with nothing that a client would add by itself; no `Accept` above all. */
export async function ask(
  port: number,
  method: string,
  path: string,
  wire: WireRequest,
): Promise<WireAnswer> {
  const authorization = wire.key === null ? {} : { Authorization: wire.key ?? key }
  const chunked = wire.headers?.['Transfer-Encoding'] !== undefined
  const length =
    chunked || wire.body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(wire.body)) }
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method,
    path,
    agent: false,
    headers: { ...authorization, ...length, ...wire.headers },
  })
  outgoing.end(wire.body)
  const [incoming] = await once(outgoing, 'response')
  const body = await buffer(incoming)
  return { status: incoming.statusCode, headers: ownHeaders(incoming.rawHeaders), body: body.toString() }
}

function ownHeaders(raw: string[]): Record<string, string> {
  const pairs: [string, string][] = []
  for (let i = 0; i < raw.length; i += 2) pairs.push([raw[i] ?? '', raw[i + 1] ?? ''])
  return Object.fromEntries(
    pairs.filter(([name]) => !['Date', 'Connection', 'Keep-Alive', 'Content-Length'].includes(name)),
  )
}

function keepingLog(lines: Record<string, unknown>[]): Logger {
  return pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) })
}
