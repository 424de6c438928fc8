import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ReleaseIdentity } from '../ledger/arrivals.js'
import { versionsLines } from '../rubygems/compact-index-lines.js'

/** What `/versions` says of a release. */
export interface Mention extends ReleaseIdentity {
  live: boolean
}

const sliceBytes = 32 * 1024
const longestLine = 512 * 1024

/**
 * Shows `take` every mention of a release of wanted gems, in order, from an offset at which a line begins. The last one about
 * a release counts. It reads in slices of a few ms, so that the server goes on. Lines of more than 512 KiB are passed over: no gem has
 * so many releases, and one damaged line must not hide the others.
 */
export async function eachMention(
  bytes: Buffer,
  from: number,
  wants: (gemName: string) => boolean,
  take: (mention: Mention) => void,
): Promise<void> {
  for (let start = from, end = from; start < bytes.length; start = end) {
    end = endOfSlice(bytes, start)
    const readable = withoutLongLine(bytes, start, end)
    for (const { gemName, pushed, yanked } of versionsLines(bytes.subarray(0, readable), start)) {
      if (!wants(gemName)) continue
      for (const release of pushed) take({ gemName, ...release, live: true })
      for (const release of yanked) take({ gemName, ...release, live: false })
    }
    await nextTurn()
  }
}

function endOfSlice(bytes: Buffer, start: number): number {
  const newline = bytes.indexOf(0x0a, Math.min(start + sliceBytes, bytes.length - 1))
  return newline === -1 ? bytes.length : newline + 1
}

/** Where the slice ends without its last line, if that is too long: all others are shorter than a slice. */
function withoutLongLine(bytes: Buffer, start: number, end: number): number {
  const lastLine = start + bytes.subarray(start, end - 1).lastIndexOf(0x0a) + 1
  return end - lastLine > longestLine ? lastLine : end
}
