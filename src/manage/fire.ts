import type { Attempt, Job } from '../delivery.js'
import { hostOf } from '../endpoint.js'
import { ok, type Result } from '../error.js'
import { chooseUsableChannel } from './address-check.js'
import { type Answer, jsonError, text } from './answer.js'
import { jobToFire, readKind } from './fired-job.js'
import type { FoundGem } from './gem-lookup.js'
import type { HookCall, ManageParts } from './parts.js'

/** A request to fire: nothing need be registered, and nothing is stored. */
export interface FireCall extends HookCall {
  gem: FoundGem
  /** `pushed` or `yanked`, as given; null when none was. */
  kind: string | null
}

/** A test message, and what became of it. */
export interface Fired {
  job: Job
  /** What the far side said, a refusal too. */
  attempt: Attempt
}

/** Sends one test message and tells what the far side said (protocol/rubygems-webhooks.md §5). */
export async function fireHook(call: FireCall, parts: ManageParts): Promise<Answer> {
  const kind = readKind(call.kind)
  if (!kind.ok) return jsonError(400, kind.problem.message)
  const fired = await fire(call, parts)
  if (!fired.ok) return failed(call, fired.problem.message)
  const { attempt } = fired.value
  if (attempt.verdict !== 'succeeded') return failed(call, `${attempt.error ?? ''}${responseBlock(attempt)}`)
  return text(
    200,
    `Successfully deployed webhook for ${call.gemName} to ${call.url}${responseBlock(attempt)}`,
  )
}

/**
 * Sends one test message. Problems, before anything is sent: `invalid` for a kind or a URL that cannot be, `unavailable` when
 * email is not set up, `forbidden` when the outbound guard refuses the URL.
 */
export async function fire(call: FireCall, parts: ManageParts): Promise<Result<Fired>> {
  const { url, accountId, gemName } = call
  const kind = readKind(call.kind)
  if (!kind.ok) return kind
  const channel = await chooseUsableChannel(url, call.channel, parts)
  if (!channel.ok) return channel

  const job = jobToFire({ ...call, channel: channel.value, kind: kind.value }, parts)
  const attempt = await parts.channels.attempt(job)
  const { verdict, statusCode } = attempt
  parts.log.info(
    { account: accountId, gem: gemName, channel: channel.value, host: hostOf(url), verdict, statusCode },
    'hook fired',
  )
  return ok({ job, attempt })
}

function failed({ gemName, url }: FireCall, reason: string): Answer {
  const problem = `There was a problem deploying webhook for ${gemName} to ${url}`
  return jsonError(400, `${problem}\nFailed with status "failure": ${reason}`)
}

function responseBlock({ statusCode, headers, response }: Attempt): string {
  if (statusCode === null) return ''
  const lines = Object.entries(headers ?? {}).map(([name, value]) => `\n${titleCase(name)}: ${value}`)
  return `\n\nResponse: ${statusCode}${lines.join('')}\n\n${response ?? ''}`
}

/** `content-type` becomes `Content-Type`, as upstream shows it. */
function titleCase(header: string): string {
  return header.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase())
}
