import { IncomingWebhook } from '@slack/webhook'
import type { Job } from '../delivery.js'
import type { Result } from '../error.js'
import type { OutboundAnswer } from '../outbound/client.js'
import { announce } from './announcement.js'
import { reportHttp } from './http-report.js'
import { type HttpParts, postJson } from './post-json.js'
import type { Report } from './report.js'
import { slackMessage } from './slack-message.js'

/** Slack's words for "never again like this": those on its page about incoming webhooks, then those about blocks. */
const permanent: ReadonlySet<string> = new Set([
  'action_prohibited',
  'channel_is_archived',
  'channel_not_found',
  'invalid_payload',
  'invalid_token',
  'no_active_hooks',
  'no_service',
  'no_service_id',
  'no_team',
  'no_text',
  'posting_to_general_channel_denied',
  'team_disabled',
  'too_many_attachments',
  'user_not_found',
  'invalid_attachments',
  'invalid_blocks',
  'invalid_blocks_format',
  'missing_text_or_fallback_or_attachments',
])

/** Posts a message to a Slack incoming webhook, or to a receiver that takes the same messages. */
export async function attemptSlack(job: Job, parts: HttpParts): Promise<Report> {
  const result = await post(job, parts)
  return judgeWords(reportHttp(job.url, result, parts.now()))
}

async function post(job: Job, parts: HttpParts): Promise<Result<OutboundAnswer>> {
  let result: Result<OutboundAnswer> | undefined
  const fetch = async (_url: string | URL, init?: { body?: unknown }) => {
    result = await postJson(job.url, String(init?.body), {}, parts)
    // The client would hide the answer's headers and wrap failures, so it is told that all is well.
    return new Response()
  }
  await new IncomingWebhook(job.url, { fetch }).send(slackMessage(announce(job.message)))
  if (result === undefined) throw new Error('The Slack client resolved without sending anything.')
  return result
}

function judgeWords(report: Report): Report {
  const words = report.response?.trim() ?? ''
  if (!mayBeFinal(report) || !permanent.has(words)) return report
  const error = `Slack answered ${report.statusCode} ${words}: sending it again will not help; check the webhook and its channel in Slack.`
  return { ...report, verdict: 'dead', error, retryAfterMs: null }
}

/** Refusals only: not 429, and not the 5xx of a server in trouble. */
function mayBeFinal({ verdict, statusCode }: Report): boolean {
  return (
    verdict === 'retry' && statusCode !== null && statusCode !== 429 && statusCode >= 400 && statusCode < 500
  )
}
