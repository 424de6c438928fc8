import { startHttpSink } from '../test/helpers/http-sink.js'
import { refusePayload, type SlackPost } from '../test/helpers/slack-sink.js'
import { until } from '../test/helpers/wait.js'
import { createInstallation } from './installation.js'

/** What a burst of messages to one Slack webhook came to. */
export interface SlackBurst {
  accepted: number
  /** Messages that were answered 200, each counted once. */
  delivered: number
  /** Messages that were answered 200 again. */
  repeated: number
  /** Answers of 429. */
  refused: number
}

const atOnce = 8
const burst = 2
const extraMs = 60_000

/** Posts so many webhooks at once for a sink that takes one message a second, and two in a row, as Slack does. */
export async function burstToSlack(messages: number): Promise<SlackBurst> {
  const limited = limitedSlack()
  const sink = await startHttpSink(({ body }) => limited.answer(body.toString()))
  const installation = createInstallation()
  const { client } = installation
  try {
    await installation.server()
    await client.addHook(`${sink.url}/services/T0/B0/X`, { channel: 'slack' })
    await client.postMany(messages, atOnce)
    const all = () => limited.taken.size === messages
    // Whatever does not come is counted as lost.
    await until('all have arrived', all, messages * 1000 + extraMs).catch(() => {})
    const delivered = [...client.accepted.keys()].filter((release) => limited.taken.has(release)).length
    return {
      accepted: client.accepted.size,
      delivered,
      repeated: limited.repeated(),
      refused: limited.refused(),
    }
  } finally {
    await installation.end()
    await sink.close()
  }
}

/** `taken`: how often each release came through. */
function limitedSlack() {
  const taken = new Map<string, number>()
  let refused = 0
  let room = burst
  let at = performance.now()
  const answer = (payload: string) => {
    const now = performance.now()
    room = Math.min(burst, room + (now - at) / 1000)
    at = now
    if (room < 1) {
      refused += 1
      return { status: 429, headers: { 'retry-after': '1' }, body: 'rate_limited' }
    }
    room -= 1
    const refusal = refusePayload(payload)
    if (refusal !== null) return { status: 400, body: refusal }
    // It begins with the gem's name and the number.
    const release = (JSON.parse(payload) as SlackPost).text.split(' ', 2).join(' ')
    taken.set(release, (taken.get(release) ?? 0) + 1)
    return { status: 200, body: 'ok' }
  }
  return {
    taken,
    answer,
    refused: () => refused,
    repeated: () => [...taken.values()].reduce((sum, times) => sum + times - 1, 0),
  }
}
