import { z } from 'zod'
import { previewOf } from '../channels/preview.js'
import { channels } from '../endpoint.js'
import { ok } from '../error.js'
import { channelField, eventKinds, gemField, textField, verdicts } from './fields.js'
import { kindField, previewJson, previewSchema } from './previews.js'
import { route } from './route.js'

export const fire = route({
  method: 'post',
  path: '/api/v1/fire.json',
  operation: 'fire',
  summary: 'Send one test message, and tell what the far side said',
  description:
    'Nothing need be registered, and nothing is tried again. It is 200 also when the far side refused: see `verdict`.',
  input: z.object({
    gem_name: gemField.describe("A gem's name, or `*`."),
    url: textField(2_000),
    channel: channelField.exactOptional().describe('The one that suits the URL unless told.'),
    kind: kindField.exactOptional(),
  }),
  answer: z.object({
    gem_name: z.string(),
    number: z.string(),
    kind: z.enum(eventKinds),
    origin: z
      .enum(['event', 'fire', 'sample'])
      .describe('`sample`: no such release is known, so it was made up.'),
    message_id: z.string(),
    channel: z.enum(channels),
    url: z.string(),
    message: previewSchema,
    verdict: z.enum(verdicts),
    status: z.int().nullable().describe('HTTP status or SMTP code; null: the far side did not answer.'),
    duration_ms: z.number(),
    headers: z.record(z.string(), z.string()).nullable(),
    response: z.string().nullable().describe('What the far side said: written by strangers.'),
    error: z.string().nullable(),
  }),
  refusals: {
    403: 'The URL leads where no message may go.',
    404: 'There is no such gem.',
    503: 'The channel is not set up.',
  },
  throttled: true,
  async act({ accountId, given }, { desk, setup, now }) {
    const { gem_name: gemName, url, channel = null, kind = null } = given
    const fired = await desk.fire({ accountId, gemName, url, channel, kind })
    if (!fired.ok) return fired
    const { job, attempt } = fired.value
    const { message } = job
    return ok({
      gem_name: message.gemName,
      number: message.number,
      kind: message.kind,
      origin: message.origin,
      message_id: message.id,
      channel: job.channel,
      url: job.url,
      message: previewJson(previewOf(job, setup.mailFrom, now())),
      verdict: attempt.verdict,
      status: attempt.statusCode,
      duration_ms: attempt.durationMs,
      headers: attempt.headers,
      response: attempt.response,
      error: attempt.error,
    })
  },
})
