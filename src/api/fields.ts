import { z } from 'zod'
import type { DeliveryState, Verdict } from '../delivery.js'
import { channels } from '../endpoint.js'
import type { EventKind } from '../event.js'
import { idIn } from '../web/id-in.js'

export const eventKinds = ['pushed', 'yanked', 'restored'] as const satisfies readonly EventKind[]
export const deliveryStates = [
  'pending',
  'succeeded',
  'dead',
  'cancelled',
] as const satisfies readonly DeliveryState[]
export const verdicts = ['succeeded', 'retry', 'dead'] as const satisfies readonly Verdict[]

const whole = 'must be a whole number, 1 or more'
const count = (most: number) => `must be a whole number from 1 to ${most}`
const moment = 'must be a date and time with a zone, such as 2026-09-01T12:00:00Z, or a date'

/** An id in a request, read as pages read it: in digits alone. */
export const idField = z.preprocess((given) => idIn(given) ?? Number.NaN, z.int(whole).min(1, whole))

/** How many there are to be, `usual` of them unless told. */
export const countField = (most: number, usual: number) =>
  z.coerce.number(count(most)).int(count(most)).min(1, count(most)).max(most, count(most)).default(usual)

/** A moment in a request, ms since the epoch when read; a date is its beginning in UTC. */
export const momentField = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], moment)
  .transform((text) => Date.parse(text))

/** A text in a request, on one line. */
export const textField = (longest = 255) =>
  z
    .string('must be a text')
    .max(longest, `must have ${longest} characters at most`)
    .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), 'must have no control characters')

/** One of several words in a request. */
export const wordField = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, `must be one of ${words.join(', ')}`)

export const gemField = textField().describe("A gem's name.")
export const searchField = textField().trim().describe('A part of it is enough, in any case.')
export const channelField = wordField(channels)

/** A moment in an answer. */
export const time = z.iso.datetime()

/** A moment in ms since the epoch as an answer has it. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}

/** The same for one that may not be there. */
export function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : timeOf(ms)
}
