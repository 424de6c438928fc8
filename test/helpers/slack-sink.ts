import { blockFaults } from './block-kit.js'
import type { HttpAnswer, ReceivedRequest } from './http-sink.js'
import { startHttpSink } from './http-sink.js'
import { createInbox } from './inbox.js'

/** A message that Slack would show. */
export interface SlackPost {
  text: string
  blocks: SlackBlock[]
  [key: string]: unknown
}

/** A text of Block Kit. */
export interface SlackText {
  type: 'plain_text' | 'mrkdwn'
  text: string
  emoji?: boolean
  verbatim?: boolean
}

/** The blocks that the sink knows. */
export interface SlackBlock {
  type: 'header' | 'section' | 'context' | 'divider'
  text?: SlackText
  fields?: SlackText[]
  elements?: SlackText[]
}

/** Behaves like Slack's incoming webhooks. */
export interface SlackSink {
  /** The webhook's URL. */
  url: string
  /** What was accepted, oldest first. */
  posts: SlackPost[]
  /** Every request, refused ones too. */
  requests: ReceivedRequest[]
  /** Gives the next requests these answers, one each; then Slack is itself again. */
  answerNext(...answers: (HttpAnswer | 'hang' | 'drop')[]): void
  /** Answers the next request with 429 and `Retry-After`. */
  rateLimitNext(seconds: number): void
  /** Waits for accepted posts: so many, or until the predicate is true of them. */
  waitFor(what: number | ((posts: SlackPost[]) => boolean), timeoutMs?: number): Promise<SlackPost[]>
  close(): Promise<void>
}

/** Starts a sink on a port of 127.0.0.1. */
export async function startSlackSink(): Promise<SlackSink> {
  const posts = createInbox<SlackPost>()
  const planned: (HttpAnswer | 'hang' | 'drop')[] = []
  const http = await startHttpSink((request) => {
    const answer = planned.shift()
    if (answer !== undefined) return answer
    const refusal = refuse(request)
    if (refusal !== null) return { status: 400, body: refusal }
    posts.add(JSON.parse(request.body.toString()))
    return { status: 200, body: 'ok' }
  })
  return {
    url: `${http.url}/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX`,
    posts: posts.all,
    requests: http.received,
    answerNext: (...answers) => planned.push(...answers),
    rateLimitNext: (seconds) =>
      planned.push({ status: 429, headers: { 'Retry-After': String(seconds) }, body: 'rate_limited' }),
    waitFor: posts.waitFor,
    close: http.close,
  }
}

/** Slack's word for what is wrong with a request, or null. */
function refuse(request: ReceivedRequest): string | null {
  if (request.method !== 'POST' || !request.headers['content-type']?.startsWith('application/json')) {
    return 'invalid_payload'
  }
  return refusePayload(request.body.toString())
}

/** What Slack answers to a payload: null when it takes it, `invalid_payload`, `no_text` or `invalid_blocks`. */
export function refusePayload(json: string): string | null {
  let payload: Partial<SlackPost>
  try {
    payload = JSON.parse(json)
  } catch {
    return 'invalid_payload'
  }
  if (typeof payload !== 'object' || payload === null) return 'invalid_payload'
  const { text, blocks } = payload
  if (text === undefined && blocks === undefined) return 'no_text'
  if (text !== undefined && (typeof text !== 'string' || text.length > 40_000)) return 'invalid_payload'
  return blocks === undefined || blockFaults(blocks).length === 0 ? null : 'invalid_blocks'
}
