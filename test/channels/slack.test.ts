import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HttpAnswer } from '../helpers/http-sink.js'
import { type SlackSink, startSlackSink } from '../helpers/slack-sink.js'
import { aJob, payload, payloadNames } from './jobs.js'
import { noon, openStage } from './stage.js'

let slack: SlackSink
const stage = openStage()
const hasty = openStage({ timeouts: { attemptMs: 300 } })

beforeAll(async () => {
  slack = await startSlackSink()
})

afterAll(async () => {
  await stage.close()
  await hasty.close()
  await slack.close()
})

function attempt(...answers: (HttpAnswer | 'hang' | 'drop')[]) {
  slack.answerNext(...answers)
  return (answers[0] === 'hang' ? hasty : stage).channels.attempt(aJob({ channel: 'slack', url: slack.url }))
}

describe('the Slack channel', () => {
  it.each(payloadNames)('posts %s', async (name) => {
    const before = slack.posts.length
    const job = aJob({ channel: 'slack', url: slack.url }, { body: payload(name) })
    expect(await stage.channels.attempt(job)).toMatchObject({
      startedAt: noon,
      verdict: 'succeeded',
      statusCode: 200,
      response: 'ok',
      error: null,
      endpointGone: false,
    })
    const posts = await slack.waitFor(before + 1)
    expect(posts.at(-1)?.blocks[0]?.text?.text).toContain(JSON.parse(job.message.body).name)
    expect(slack.requests.at(-1)?.headers['user-agent']).toBe('gemherald/test')
  })

  it('posts the same on every attempt', async () => {
    await attempt({ status: 500, body: 'rollup_error' })
    await attempt()
    const [first, second] = slack.requests.slice(-2)
    expect(second?.body).toEqual(first?.body)
  })

  it.each([
    [400, 'invalid_payload'],
    [400, 'invalid_blocks'],
    [400, 'invalid_blocks\n'],
    [400, 'no_text'],
    [400, 'too_many_attachments'],
    [400, 'user_not_found'],
    [400, 'posting_to_general_channel_denied'],
    [403, 'action_prohibited'],
    [403, 'invalid_token'],
    [403, 'team_disabled'],
    [404, 'channel_not_found'],
    [404, 'no_service'],
    [404, 'no_service_id'],
    [404, 'no_active_hooks'],
    [404, 'no_team'],
    [404, 'channel_is_archived'],
  ])('takes %d %j for a final answer', async (status, body) => {
    const result = await attempt({ status, body, headers: { 'Retry-After': '9' } })
    expect(result).toMatchObject({ verdict: 'dead', statusCode: status, response: body, endpointGone: false })
    expect(result.retryAfterMs).toBeNull()
    expect(result.error).toContain(body.trim())
  })

  it.each(['channel_is_archived', 'whatever'])('takes 410 %s for the end of the endpoint', async (body) => {
    expect(await attempt({ status: 410, body })).toMatchObject({
      verdict: 'dead',
      statusCode: 410,
      endpointGone: true,
    })
  })

  it.each([
    [500, 'rollup_error'],
    [500, 'no_text'],
    [502, '<html>'],
    [400, 'something new'],
    [404, ''],
    [307, 'no_service'],
    [429, 'no_service'],
  ])('tries again after %d %j', async (status, body) => {
    expect(await attempt({ status, body })).toMatchObject({
      verdict: 'retry',
      statusCode: status,
      endpointGone: false,
    })
  })

  it('waits as long as Slack asks for', async () => {
    slack.rateLimitNext(30)
    expect(await attempt()).toMatchObject({
      verdict: 'retry',
      statusCode: 429,
      retryAfterMs: 30_000,
      response: 'rate_limited',
    })
  })

  it('does not follow redirects', async () => {
    const before = slack.requests.length
    const result = await attempt({ status: 302, headers: { Location: slack.url } })
    expect(result).toMatchObject({ verdict: 'retry', statusCode: 302 })
    expect(result.error).toContain('redirects are not followed')
    expect(slack.requests.length).toBe(before + 1)
  })

  it.each(['hang', 'drop'] as const)('tries again when there is no answer: %s', async (behaviour) => {
    const before = slack.requests.length
    expect(await attempt(behaviour)).toMatchObject({ verdict: 'retry', statusCode: null, response: null })
    expect(slack.requests.length).toBe(before + 1)
  })

  it('tries again when the guard refuses the address: where a name leads can change back', async () => {
    const job = aJob({ channel: 'slack', url: 'http://10.0.0.1/services/x' })
    expect(await stage.channels.attempt(job)).toMatchObject({ verdict: 'retry', statusCode: null })
  })

  it('never names the path of the webhook, which is a secret', async () => {
    const errors = await Promise.all([attempt({ status: 500 }), attempt({ status: 302 }), attempt('drop')])
    for (const { error } of errors) expect(error).not.toContain('XXXX')
  })

  it('throws on a bug: a body that is no JSON', async () => {
    const job = aJob({ channel: 'slack', url: slack.url }, { body: 'nonsense' })
    await expect(stage.channels.attempt(job)).rejects.toThrow(SyntaxError)
  })
})

it('throws on a bug: an outbound client that throws', async () => {
  const broken = openStage({
    outbound: {
      request: () => Promise.reject(new RangeError('a bug')),
      close: async () => {},
    },
  })
  await expect(broken.channels.attempt(aJob({ channel: 'slack', url: slack.url }))).rejects.toThrow('a bug')
  await broken.close()
})
