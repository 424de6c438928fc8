import type { PaceNow } from '../../dispatch/pace.js'
import { span } from '../../watch/span.js'

/** What an endpoint is given now, in words. */
export function paceText({ underWay, mostUnderWay, msBetweenStarts, restMs }: PaceNow): string {
  const most = `${underWay} of at most ${mostUnderWay} under way`
  const between = msBetweenStarts > 0 ? `, one each ${span(msBetweenStarts)}` : ''
  const rest = restMs > 0 ? `, left alone for ${span(Math.max(restMs, 1_000))}` : ''
  return `${most}${between}${rest}`
}
