import { Agent, request } from 'undici'
import { wireBody } from '../../src/payload.js'
import type { OrgAccount, OrgHook } from './rubygems-org-accounts.js'
import type { Catalogue, OrgRelease } from './rubygems-org-catalogue.js'
import { authorizationFor } from './webhooks.js'

/** What a receiver said, or why it said nothing. */
export interface Delivered {
  url: string
  name: string
  number: string
  platform: string
  attempts: number
  succeeded: boolean
  /** Null when there was no answer. */
  response: { status: number; headers: Record<string, string>; body: string } | null
  /** Empty when there was an answer. */
  error: string
}

/** Posts to receivers as RubyGems.org has them called (protocol/rubygems-webhooks.md §8-§11), without pauses. */
export interface Deliveries {
  /** Deliveries of pushes, yanks and restores that have ended, in the order in which they ended. */
  ended: Delivered[]
  /** To every enabled hook that wants it, in the background: three attempts each, then `failure_count` goes up. */
  announce(release: OrgRelease, accounts: readonly OrgAccount[]): void
  /** One attempt, whose failure counts nowhere. */
  fire(url: string, release: OrgRelease, account: OrgAccount): Promise<Delivered>
  /** Resolves when nothing is under way. */
  settled(): Promise<void>
  close(): Promise<void>
}

export function createDeliveries(catalogue: Catalogue): Deliveries {
  const agent = new Agent()
  const ended: Delivered[] = []
  const underWay = new Set<Promise<void>>()

  const deliver = async (url: string, release: OrgRelease, account: OrgAccount, most: number) => {
    const message = messageFor(release, account, catalogue)
    let delivered = await attempt(agent, url, message, release)
    while (!delivered.succeeded && delivered.attempts < most)
      delivered = {
        ...(await attempt(agent, url, message, release)),
        attempts: delivered.attempts + 1,
      }
    return delivered
  }
  const announceTo = async (hook: OrgHook, release: OrgRelease, account: OrgAccount) => {
    const delivered = await deliver(hook.url, release, account, 3)
    if (!delivered.succeeded) hook.failureCount++
    ended.push(delivered)
  }

  return {
    ended,
    announce(release, accounts) {
      for (const account of accounts)
        for (const hook of account.hooks) {
          if (hook.disabled || (hook.gemName !== null && hook.gemName !== release.name)) continue
          const work = announceTo(hook, release, account).finally(() => underWay.delete(work))
          underWay.add(work)
        }
    },
    fire: (url, release, account) => deliver(url, release, account, 1),
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
    close: () => agent.destroy(),
  }
}

interface Message {
  authorization: string
  body: string
}

function messageFor(release: OrgRelease, account: OrgAccount, catalogue: Catalogue): Message {
  const { name, number: version, platform, state } = release
  const facts = catalogue.gemFacts(release)
  return {
    authorization: authorizationFor(name, version, account.secret),
    body: wireBody({ name, version, platform, yanked: state !== 'live', facts }),
  }
}

async function attempt(
  agent: Agent,
  url: string,
  { authorization, body }: Message,
  { name, number, platform }: OrgRelease,
): Promise<Delivered> {
  const about = { url, name, number, platform, attempts: 1 }
  try {
    const answer = await request(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: '*/*',
        Authorization: authorization,
        'User-Agent': 'Faraday v2.14.0',
      },
      body,
      dispatcher: agent,
      headersTimeout: 5_000,
      bodyTimeout: 5_000,
    })
    const { statusCode: status } = answer
    const headers = Object.fromEntries(
      Object.entries(answer.headers).map(([key, value]) => [key, [value].flat().join(', ')]),
    )
    const response = { status, headers, body: await answer.body.text() }
    return { ...about, succeeded: status >= 200 && status < 300, response, error: '' }
  } catch (error) {
    return { ...about, succeeded: false, response: null, error: (error as Error).message || 'timed out' }
  }
}
