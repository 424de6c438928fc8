import { fail, ok, type Result } from '../error.js'
import { isoMoment } from '../iso-moment.js'
import { type Answer, foundList, jsonError } from './answer.js'
import { offsetOf, pageSize } from './page.js'
import type { Parameters } from './parameters.js'
import type { Call, CatalogParts } from './parts.js'
import { gemAndVersionPayload } from './payloads.js'

/** What was pushed within a window, yanked since or not, in order of creation (protocol/rubygems-api.md §5.11). */
export function listTimeframe(
  call: Call,
  { ledger: { catalog }, now }: CatalogParts,
): Answer | Promise<Answer> {
  const offset = offsetOf(call, ['from', 'to'])
  if (typeof offset !== 'number') return offset
  const window = windowOf(call.parameters, now())
  if (!window.ok) return jsonError(400, window.problem.message)
  const { start, end } = window.value
  const releases = catalog.createdBetween(start, end, pageSize, offset)
  return foundList(releases, gemAndVersionPayload, call, 'private')
}

const longestSeconds = 7 * 86_400

/** Both ends are included, ms since the epoch. */
function windowOf(parameters: Parameters, now: number): Result<{ start: number; end: number }> {
  const [from, to] = [parameters.get('from'), parameters.get('to')]
  const end = isBlank(to) ? now : isoMoment(to)
  if (end === undefined) return fail('invalid', 'the "to" parameter must be iso8601 formatted')
  if (isBlank(from)) return fail('invalid', "Request is missing param 'from'")
  const start = isoMoment(from)
  if (start === undefined) return fail('invalid', 'the from parameter must be iso8601 formatted')
  if (Math.trunc((end - start) / 1000) > longestSeconds)
    return fail('invalid', 'the supplied query time range cannot exceed 7 days')
  if (start > end)
    return fail('invalid', 'the starting time parameter must be before the ending time parameter')
  return ok({ start, end })
}

function isBlank(text: string | null | undefined): text is string | undefined {
  return text === undefined || text?.trim() === ''
}
