import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ReleaseIdentity } from '../ledger/arrivals.js'
import { versionsLines } from '../rubygems/compact-index-lines.js'
import { failure, type UpstreamResult } from '../rubygems/result.js'

/** What `/versions` says of a release. */
export interface Mention extends ReleaseIdentity {
  live: boolean
}

const sliceBytes = 32 * 1024
const longestLine = 512 * 1024

/**
 * Shows `take` every mention of a release of wanted gems, in order, from an offset at which a line begins. The last one about
 * a release counts. It reads in slices of a few ms, so that the server goes on. `unavailable` for a line that is too long.
 */
export async function eachMention(
  bytes: Buffer,
  from: number,
  wants: (gemName: string) => boolean,
  take: (mention: Mention) => void,
): Promise<UpstreamResult<null>> {
  for (let start = from, end = from; start < bytes.length; start = end) {
    end = endOfSlice(bytes, start)
    if (end - start > longestLine)
      return failure('unavailable', `/versions has a line of more than ${longestLine} bytes: it is damaged.`)
    for (const { gemName, pushed, yanked } of versionsLines(bytes.subarray(0, end), start)) {
      if (!wants(gemName)) continue
      for (const release of pushed) take({ gemName, ...release, live: true })
      for (const release of yanked) take({ gemName, ...release, live: false })
    }
    await nextTurn()
  }
  return { ok: true, value: null }
}

function endOfSlice(bytes: Buffer, start: number): number {
  const newline = bytes.indexOf(0x0a, Math.min(start + sliceBytes, bytes.length - 1))
  return newline === -1 ? bytes.length : newline + 1
}
