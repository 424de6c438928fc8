import { createHash, createHmac } from 'node:crypto'
import type { Job, Message } from '../delivery.js'
import { viaHeader } from '../via.js'
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

/** The headers that prove where a message comes from, made at `time`. */
export function signedHeaders({ message, apiKey }: Job, time: Date): Record<string, string> {
  const timestamp = String(Math.floor(time.getTime() / 1000))
  return {
    authorization: authorization(message, apiKey),
    'webhook-id': message.id,
    [viaHeader]: message.via,
    'webhook-timestamp': timestamp,
    'webhook-signature': signature(message, timestamp, apiKey),
  }
}

/**
 * Standard Webhooks' signature, version 1 (standardwebhooks.com). Made with Node.js' own HMAC: the library's is JavaScript,
 * and a message of a megabyte would stop this process for longer than all the rest of the attempt.
 */
function signature({ id, body }: Message, timestamp: string, apiKey: string): string {
  return `v1,${createHmac('sha256', apiKey).update(`${id}.${timestamp}.`).update(body).digest('base64')}`
}

function authorization({ gemName, number }: Message, apiKey: string): string {
  return createHash('sha256').update(`${gemName}${number}${apiKey}`).digest('hex')
}
