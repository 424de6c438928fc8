import type { OutboundRequest } from '../../src/outbound/client.js'
import { payloadKeys } from '../../src/payload.js'
import type { HostileRelease } from './hostile-payloads.js'

/** Every promise about a webhook that this request breaks, one sentence each. */
export function webhookFaults(
  { body = '', headers = {} }: Pick<OutboundRequest, 'body' | 'headers'>,
  { facts, message }: HostileRelease,
): string[] {
  const sent = JSON.parse(String(body)) as Record<string, unknown>
  const expected = { ...facts, platform: facts.platform || 'ruby', yanked: facts.yanked === true }
  const wrong = payloadKeys.filter((key) => asJson(sent[key]) !== asJson(expected[key as keyof object]))
  return [
    ...(Object.keys(sent).join() === payloadKeys.join() ? [] : [`the keys ${Object.keys(sent)}`]),
    ...wrong.map((key) => `${key} is not what it was`),
    ...headerFaults(headers, message.id, message.via),
  ]
}

function asJson(value: unknown): string {
  return JSON.stringify(value ?? null)
}

/** None of them has room for a word of the payload. */
function headerFaults(headers: Record<string, string>, id: string, via: string): string[] {
  const expected: Record<string, RegExp> = {
    authorization: /^[0-9a-f]{64}$/,
    'content-type': /^application\/json$/,
    'gemherald-via': new RegExp(`^${via}$`),
    'webhook-id': new RegExp(`^${id}$`),
    'webhook-signature': /^v1,[A-Za-z\d+/]{43}=$/,
    'webhook-timestamp': /^\d{10}$/,
  }
  if (Object.keys(headers).sort().join() !== Object.keys(expected).join())
    return [`headers ${Object.keys(headers)}`]
  return Object.entries(headers)
    .filter(([name, value]) => !expected[name]?.test(value))
    .map(([name, value]) => `${name}: ${value}`)
}
