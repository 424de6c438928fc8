import { createHash } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { Job, Message } from '../delivery.js'
import { reportHttp } from './http-report.js'
import { type HttpParts, postJson } from './post-json.js'
import type { Report } from './report.js'

/**
 * Posts a message as RubyGems.org does (protocol/rubygems-webhooks.md §8 and §10), with the Standard Webhooks headers
 * beside it. The account's API key, as it stands, is the secret of both.
 */
export async function attemptWebhook(job: Job, parts: HttpParts): Promise<Report> {
  const headers = signedHeaders(job, new Date(parts.now()))
  const result = await postJson(job.url, job.message.body, headers, parts)
  return reportHttp(job.url, result, parts.now())
}

function signedHeaders({ message, apiKey }: Job, time: Date): Record<string, string> {
  return {
    authorization: authorization(message, apiKey),
    'webhook-id': message.id,
    'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
    'webhook-signature': new Webhook(apiKey, { format: 'raw' }).sign(message.id, time, message.body),
  }
}

function authorization({ gemName, number }: Message, apiKey: string): string {
  return createHash('sha256').update(`${gemName}${number}${apiKey}`).digest('hex')
}
