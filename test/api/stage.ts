import express from 'express'
import { pino } from 'pino'
import { type ApiParts, apiRouter } from '../../src/api/router.js'
import { createChannels } from '../../src/channels/channels.js'
import { keepInInbox } from '../../src/compose/inbox.js'
import type { Message, Outcome } from '../../src/delivery.js'
import { fail, ok } from '../../src/error.js'
import { feedsRouter } from '../../src/feeds/router.js'
import { createFireLimit } from '../../src/manage/fire-limit.js'
import { createHookDesk } from '../../src/manage/hook-desk.js'
import { createOutbound } from '../../src/outbound/client.js'
import { parsePayload } from '../../src/payload.js'
import { createRedeliveries } from '../../src/redeliver/redeliveries.js'
import { failure } from '../../src/rubygems/result.js'
import { createSigner, type Signer } from '../../src/secret.js'
import { readOverview } from '../../src/watch/overview.js'
import { knowing, loopback } from '../helpers/outbound-parts.js'
import { openTempLedger, outcomeOf, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import { authorizationFor, factsOf, payloadOf, secrets } from '../helpers/webhooks.js'
import { addKeys, ask, key, otherKey, serve, type WireAnswer, type WireRequest } from '../manage/stage.js'
import { expectDescribed } from './description.js'

export { key, otherKey }

/** The JSON API and the feeds on a real port, with a real ledger. It is asked with the key of the account `default`. */
export interface Stage {
  temp: TempLedger
  /** What the routes are built from: a test may change some of it. */
  parts: { -readonly [Part in keyof ApiParts]: ApiParts[Part] }
  feedSigner: Signer
  csrfSigner: Signer
  /** How often something was said to be there to hand out. */
  wakes(): number
  /** One request. An answer of the API must be as it is described. */
  call(method: string, path: string, wire?: WireRequest): Promise<WireAnswer>
  /** What a JSON answer says, and its status. */
  get(path: string, useKey?: string): Promise<Told>
  /** The same for a POST with these parameters, urlencoded. */
  post(path: string, parameters?: Record<string, string>, useKey?: string): Promise<Told>
  /** Keeps a release and hands its deliveries out, once fanned out; the event's id. */
  release(name: string, version: string, changes?: Record<string, unknown>, at?: number): number
  /** Makes an attempt of everything that is due, with this outcome. */
  attempt(changes?: Partial<Outcome>, at?: number): void
  /** Keeps a message about a release in an inbox of the account. */
  keep(name: string, changes?: Partial<Message>, account?: string): void
  close(): Promise<void>
}

/** An answer, its JSON read. */
export interface Told {
  status: number
  body: Record<string, unknown>
}

/** The rows of a list's answer: that they have such keys was checked against the description. */
export function rowsOf<Row>({ body }: Told, name: string): Row[] {
  return body[name] as Row[]
}

export const publicUrl = 'https://herald.example'
export const gaveUp: Partial<Outcome> = { verdict: 'dead', statusCode: 404, error: 'It answered 404.' }

export async function openStage(): Promise<Stage> {
  const temp = openTempLedger()
  addKeys(temp)

  let wakes = 0
  const log = pino({ level: 'silent' })
  const now = () => testTime
  const wake = () => {
    wakes++
  }
  const gemPage = (gemName: string) => `https://rubygems.org/gems/${gemName}`
  const lookup = knowing({ localhost: ['127.0.0.1'] })
  const outbound = createOutbound({ allow: loopback, userAgent: 'gemherald/test', lookup })
  const fireLimit = createFireLimit()
  const desk = createHookDesk({
    ledger: temp.ledger,
    channels: createChannels({
      outbound,
      mail: null,
      inbox: keepInInbox(temp.ledger.inbox, now, () => {}),
      now,
    }),
    rubygems: {
      gem: async (gemName) => (gemName === 'rails' ? rails() : failure('not_found', 'No such gem.')),
    },
    allow: loopback,
    lookup,
    gemPage,
    missingMail: 'SMTP_URL and MAIL_FROM',
    mailFrom: null,
    fireLimit,
    signingKey: (accountId) => temp.ledger.accounts.signingKey(accountId, testTime) ?? '',
    changed: () => {},
    now,
    log,
  })
  const parts: ApiParts = {
    ledger: temp.ledger,
    redeliveries: createRedeliveries({ ledger: temp.ledger, now, wake, log }),
    desk,
    fireLimit,
    pace: () => ({ underWay: 1, mostUnderWay: 4, msBetweenStarts: 0, restMs: 250 }),
    transport: {
      health: async () => ({ blocking: [], warnings: ['Redis evicts.'] }),
      workers: async () => [
        {
          id: 'w1',
          host: 'here',
          pid: 7,
          version: '0.1.0',
          channels: ['webhook', 'slack'],
          startedAt: testTime,
          secondsAgo: 2,
        },
      ],
    },
    overview: () =>
      readOverview(
        {
          ledger: temp.ledger,
          rubygemsHost: 'https://rubygems.org',
          silenceMs: 1_800_000,
          listeningSince: null,
          warnings: ['Webhooks fell silent.'],
        },
        testTime,
      ),
    setup: {
      receiverUrl: () => `${publicUrl}/webhooks/rubygems/the-receiver-token`,
      ownReceiverUrl: () => `${publicUrl}/webhooks/rubygems/the-receiver-token`,
      secrets: [{ label: 'RUBYGEMS_API_KEYS[1]', text: secrets.modern }],
      upstreamHost: 'https://rubygems.org',
      hasClientKey: true,
      plan: async () =>
        ok({
          add: ['rails'],
          remove: ['rake'],
          removeEarlier: [{ gemName: '*', url: 'https://old.example/the-receiver-token' }],
          unchanged: [],
        }),
      apply: async () => fail('conflict', 'A sync is under way: wait until it is over.'),
      lastSync: () => null,
      transport: 'in-process',
      redisHost: null,
      mailFrom: null,
      missingMail: 'SMTP_URL and MAIL_FROM',
      version: '0.1.0',
      sqliteVersion: '3.50.0',
      dataDir: temp.folder,
      ledgerBytes: () => 4_096,
      startedAt: testTime,
    },
    wake,
    now,
    log,
  }
  const feedSigner = createSigner('a secret of the installation', 'feed')
  const csrfSigner = createSigner('a secret of the installation', 'csrf')
  const feeds = feedsRouter({
    ledger: temp.ledger,
    publicUrl: () => publicUrl,
    gemPage,
    feedSigner,
    csrfSigner,
    now,
    log,
  })
  const port = await serve(express().disable('x-powered-by').disable('etag').use(apiRouter(parts)).use(feeds))

  const call: Stage['call'] = async (method, path, wire = {}) => {
    const answer = await ask(port.number, method, path, wire)
    const type = answer.headers['Content-Type'] ?? ''
    if (answer.status !== 405 && method !== 'HEAD' && path.startsWith('/api/'))
      expectDescribed(method, path, { ...answer, type })
    return answer
  }
  const read = ({ status, body }: WireAnswer): Told => ({ status, body: JSON.parse(body) })
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }

  return {
    temp,
    parts,
    feedSigner,
    csrfSigner,
    wakes: () => wakes,
    call,
    get: async (path, useKey = key) => read(await call('GET', path, { key: useKey })),
    post: async (path, parameters = {}, useKey = key) =>
      read(
        await call('POST', path, {
          key: useKey,
          headers: form,
          body: new URLSearchParams(parameters).toString(),
        }),
      ),
    release(name, version, changes = {}, at = testTime) {
      const { eventId } = temp.arrive({ name, version, ...changes }, at)
      temp.fanOut(at)
      return eventId
    },
    attempt(changes = {}, at = testTime) {
      const leases = temp.due()
      temp.ledger.deliveries.lease(leases, at + 1_000)
      const outcomes = leases.map((lease) => outcomeOf(lease, changes))
      temp.ledger.outcomes.record(outcomes, at, at, () => 0.5)
    },
    keep(name, changes = {}, account = 'default') {
      const message = { ...messageAbout('rails', '8.1.3'), ...changes }
      const kept = { accountId: temp.account(account), name, deliveryId: null, message }
      temp.ledger.inbox.keep(kept, testTime)
    },
    async close() {
      await port.close()
      await outbound.close()
      temp.remove()
    },
  }
}

/** What somebody is told about a release. */
export function messageAbout(gemName: string, number: string): Message {
  return {
    id: `msg_${gemName}_${number}`,
    kind: 'pushed',
    gemName,
    number,
    body: JSON.stringify(factsOf({ name: gemName, version: number })),
    gemPage: `https://rubygems.org/gems/${gemName}`,
    previous: null,
    origin: 'event',
    occurredAt: testTime,
    via: '',
  }
}

/** A header that the stage's secret made. */
export function proofOf(name: string, version: string): string {
  return authorizationFor(name, version, secrets.modernSha256)
}

function rails() {
  const read = parsePayload(payloadOf({ name: 'rails', version: '8.0.0' }))
  if (!read.ok) throw new Error(read.problem.message)
  return { ok: true as const, value: { ...read.value, sha: null, createdAt: null } }
}
