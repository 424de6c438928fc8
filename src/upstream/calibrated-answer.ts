import { z } from 'zod'
import type { Calibrated } from '../receive/calibration.js'

const calibrated = z.object({
  status: z.literal('calibration'),
  name: z.string(),
  version: z.string(),
  authorization: z.string().nullable(),
  ticket: z.string(),
})

// Ours has some 800 characters, and a few more when somebody has set it out in lines.
const longestAnswer = 4096

/**
 * Our receiver's answer within the upstream's account of a `fire` (protocol/rubygems-webhooks.md §5.1, §5.2), whatever
 * headers stand before it and however the relay set the JSON out; null when it is not there with this very ticket.
 */
export function findCalibrated(text: string, ticket: string): Calibrated | null {
  // The last one: the account begins with our URL, which has the ticket too.
  const mark = text.lastIndexOf(ticket)
  const near = text.slice(Math.max(0, mark - longestAnswer), mark + longestAnswer)
  const found = [...near.matchAll(/\{/g)].map(({ index }) => readAt(near.slice(index)))
  return found.find((answer) => answer?.ticket === ticket) ?? null
}

/** The answer that the text begins with. */
function readAt(text: string): Calibrated | null {
  try {
    const parsed = calibrated.safeParse(JSON.parse(flatObject.exec(text)?.[0] ?? 'null'))
    return parsed.success ? parsed.data : null
  } catch {
    // Not every brace begins JSON: the header that is quoted may hold some.
    return null
  }
}

/** An object without objects in it; strings may hold braces. */
const flatObject = /^\{(?:[^"{}]|"(?:[^"\\]|\\.)*")*\}/s
