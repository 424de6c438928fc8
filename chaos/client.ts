import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { packageRoot } from '../src/about.js'

/** What the servers of the suite verify webhooks with. */
export const rubygemsKey = 'rubygems_key_of_the_fault_suite'

/** The API key of the account that the suite registers hooks for. */
export const apiKey = 'gh_key_of_the_fault_suite'

/** The client-side ledger: it posts webhooks as RubyGems.org does, and remembers what was answered 2xx. */
export interface Client {
  /**
   * Posts a webhook about a release that nobody has heard of, and again until it is answered 2xx. Resolves with its
   * `NAME NUMBER`. Rejects after two minutes without a 2xx. When the client is closed, it gives up without a word.
   */
  post(): Promise<string>
  /** Posts so many, at most `atOnce` under way, each as soon as another is accepted; `gapMs` between two of one place. */
  postMany(count: number, atOnce: number, gapMs?: number): Promise<void>
  /** Posts one once; the status, or null when there was no answer. */
  postOnce(): Promise<number | null>
  /**
   * Posts everything that was accepted once more; how much of it was answered as a duplicate of the same event. Rejects like
   * `post`.
   */
  repeatAll(): Promise<number>
  /** Deliveries that the server says are still owed. */
  owed(): Promise<number>
  readonly closed: boolean
  /** What was answered 2xx: the event's id by `NAME NUMBER`. */
  accepted: Map<string, unknown>
  /** Posts of a release that were answered 2xx under another event's id than before. */
  readonly contradictions: number
  /** How many answers had which status; 0 counts posts without an answer. */
  statuses: Map<number, number>
  /** Answers of 503 that did not say when to come back. */
  readonly bareRefusals: number
  /** How long each answered post took, ms. */
  latencies: number[]
  /** Registers a hook on all gems; rejects unless it is created. */
  addHook(target: string, other?: Record<string, string>): Promise<void>
  close(): Promise<void>
}

const patienceMs = 120_000
const againMs = 50
const repeatsAtOnce = 16

/** `url` says where the server listens at the moment. */
export function createClient(url: () => string): Client {
  const dispatcher = new Agent({ connections: 64, headersTimeout: 30_000 })
  const next = webhooks()
  const accepted = new Map<string, unknown>()
  const statuses = new Map<number, number>()
  const latencies: number[] = []
  let closed = false
  let contradictions = 0
  let bareRefusals = 0

  const tryOnce = async ({ release, body, authorization }: Webhook): Promise<number> => {
    const begun = performance.now()
    const { status, event, retryAfter } = await send(
      `${url()}/webhooks/rubygems`,
      dispatcher,
      body,
      authorization,
    )
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (status !== 0) latencies.push(performance.now() - begun)
    if (status === 503 && !retryAfter) bareRefusals += 1
    if (status < 200 || status > 299) return status
    if (accepted.has(release) && accepted.get(release) !== event) contradictions += 1
    accepted.set(release, event)
    return status
  }

  const postUntilKept = async (webhook: Webhook): Promise<string> => {
    const begun = Date.now()
    for (;;) {
      const status = await tryOnce(webhook)
      if (closed || (status >= 200 && status <= 299)) return webhook.release
      if (Date.now() - begun > patienceMs)
        throw new Error(`${webhook.release} was not accepted within ${patienceMs} ms; last: ${status}`)
      await pause(againMs)
    }
  }

  const post = () => postUntilKept(next())

  return {
    post,
    async postMany(count, atOnce, gapMs = 0) {
      let left = count
      const places = Array.from({ length: Math.min(count, atOnce) }, async () => {
        for (; left > 0 && !closed; await pause(gapMs)) {
          left -= 1
          await post()
        }
      })
      await Promise.all(places)
    },
    async postOnce() {
      const status = await tryOnce(next())
      return status === 0 ? null : status
    },
    async repeatAll() {
      const before = statuses.get(200) ?? 0
      const releases = [...accepted.keys()].values()
      const places = Array.from({ length: repeatsAtOnce }, async () => {
        for (const release of releases) await postUntilKept(webhookAbout(release))
      })
      await Promise.all(places)
      return (statuses.get(200) ?? 0) - before
    },
    async owed() {
      const answer = (await (await fetch(`${url()}/readyz`)).json()) as { pendingDeliveries: number }
      return answer.pendingDeliveries
    },
    get closed() {
      return closed
    },
    accepted,
    get contradictions() {
      return contradictions
    },
    get bareRefusals() {
      return bareRefusals
    },
    statuses,
    latencies,
    async addHook(target, other = {}) {
      const answer = await fetch(`${url()}/api/v1/web_hooks`, {
        method: 'POST',
        headers: { authorization: apiKey },
        body: new URLSearchParams({ gem_name: '*', url: target, ...other }),
      })
      if (answer.status !== 201)
        throw new Error(`The hook was not created: ${answer.status} ${await answer.text()}`)
    },
    close: () => {
      closed = true
      return dispatcher.close()
    },
  }
}

/** Resolves after so many ms; at once with 0. */
export function pause(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms))
}

interface Webhook {
  release: string
  body: string
  authorization: string
}

const gems = 500

/** Webhooks about releases that nobody has heard of: many gems have one after the other. */
function webhooks(): () => Webhook {
  let count = 0
  return () => {
    count += 1
    return webhookAbout(`gem-${count % gems} 9.0.${count}`)
  }
}

const secret = createHash('sha256').update(rubygemsKey).digest('hex')
const fixture = readFileSync(join(packageRoot, 'test/fixtures/webhook-payload-ruby.json'), 'utf8')

/** A real payload, about this `NAME NUMBER`. */
function webhookAbout(release: string): Webhook {
  const [name = '', number = ''] = release.split(' ')
  return {
    release,
    body: fixture
      .replace('"name":"rails"', `"name":"${name}"`)
      .replace('"version":"8.1.3.1"', `"version":"${number}"`),
    authorization: createHash('sha256').update(`${name}${number}${secret}`).digest('hex'),
  }
}

/** Status 0: no answer came. */
async function send(
  url: string,
  dispatcher: Agent,
  body: string,
  authorization: string,
): Promise<{ status: number; event?: unknown; retryAfter?: boolean }> {
  try {
    const headers = { 'content-type': 'application/json', authorization }
    const answer = await request(url, { method: 'POST', dispatcher, headers, body })
    const { event } = (await answer.body.json()) as { event?: unknown }
    const retryAfter = answer.headers['retry-after'] !== undefined
    return { status: answer.statusCode, event, retryAfter }
  } catch {
    // Killed servers refuse, reset and hang up in many ways; all mean that nothing was promised.
    return { status: 0 }
  }
}
