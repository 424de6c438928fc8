import { randomBytes } from 'node:crypto'
import type { Attempt, Job, Message } from '../delivery.js'
import { type Channel, hostOf } from '../endpoint.js'
import type { EventKind } from '../event.js'
import { wireBody } from '../payload.js'
import { previousVersion } from '../version.js'
import { writeVia } from '../via.js'
import { chooseUsableChannel } from './address-check.js'
import { type Answer, jsonError, text } from './answer.js'
import { type Firing, releaseToFire } from './fired-release.js'
import type { FoundGem } from './gem-lookup.js'
import type { HookCall, ManageParts } from './parts.js'

/** A request to fire: nothing need be registered, and nothing is stored. */
export interface FireCall extends HookCall {
  gem: FoundGem
  /** `pushed` or `yanked`, as given; null when none was. */
  kind: string | null
}

/** Sends one test message and tells what the far side said (protocol/rubygems-webhooks.md §5). */
export async function fireHook(call: FireCall, parts: ManageParts): Promise<Answer> {
  const { kind, url, accountId, gemName } = call
  if (kind !== null && kind !== 'pushed' && kind !== 'yanked')
    return jsonError(400, 'Kind is not one of pushed, yanked')
  const channel = await chooseUsableChannel(url, call.channel, parts)
  if (!channel.ok) return failed(call, channel.problem.message)

  const attempt = await parts.channels.attempt(jobFor(call, channel.value, kind, parts))
  const { verdict, statusCode } = attempt
  parts.log.info(
    { account: accountId, gem: gemName, channel: channel.value, host: hostOf(url), verdict, statusCode },
    'hook fired',
  )
  if (verdict !== 'succeeded') return failed(call, `${attempt.error ?? ''}${responseBlock(attempt)}`)
  return text(200, `Successfully deployed webhook for ${gemName} to ${url}${responseBlock(attempt)}`)
}

function jobFor(call: FireCall, channel: Channel, kind: EventKind | null, parts: ManageParts): Job {
  return {
    deliveryId: 0,
    attempt: 1,
    channel,
    url: call.url,
    message: messageFor(releaseToFire(call.gemName, call.gem, parts), kind, parts),
    apiKey: parts.signingKey(call.accountId),
    // Fired from this very process, whose guard is the one that counts.
    allow: [],
    unsubscribeUrl: null,
  }
}

function messageFor(
  { release, origin, liveNumbers }: Firing,
  asked: EventKind | null,
  { ledger, gemPage, now }: Pick<ManageParts, 'ledger' | 'gemPage' | 'now'>,
): Message {
  // Unasked, the truth is told: a gem may have nothing but yanked releases.
  const kind = asked ?? (release.yanked ? 'yanked' : 'pushed')
  return {
    id: `msg_fire_${randomBytes(16).toString('hex')}`,
    kind,
    gemName: release.name,
    number: release.version,
    body: wireBody({ ...release, yanked: kind === 'yanked' }),
    previous: previousVersion(release.version, liveNumbers),
    origin,
    gemPage: gemPage(release.name),
    occurredAt: now(),
    via: writeVia([], ledger.installation),
  }
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
