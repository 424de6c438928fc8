import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { IndexLines } from '../ledger/index-lines.js'
import { versionsHead } from './gem-index.js'
import type { IndexFile } from './index-file.js'
import type { IndexedParts } from './parts.js'

/**
 * The compact index's `/versions`, brought up to date whenever it is asked for. Its digests go on from where they stood;
 * only after a start all of it is read, in slices between which others get their turn. Throws when the ledger cannot be
 * written, and when `gone` aborts.
 */
export function createVersionsFile({
  ledger: { indexLines },
  catchUp,
  now,
}: IndexedParts): (gone: AbortSignal) => Promise<IndexFile> {
  const md5 = createHash('md5')
  const sha256 = createHash('sha256')
  let digested = { lastId: 0, endsAt: 0 }
  return async (gone) => {
    await catchUp(gone)
    if (digested.lastId === 0) indexLines.append([], versionsHead(now()))
    // Several requests may do this at once: each slice goes on where the digests are then.
    for (let slice = next(); slice !== undefined; slice = next()) {
      md5.update(slice.bytes)
      sha256.update(slice.bytes)
      digested = slice
      await setImmediate()
      gone.throwIfAborted()
    }
    return {
      bytes: digested.endsAt,
      md5: md5.copy().digest('hex'),
      sha256: sha256.copy().digest('base64'),
      read: (from, until) => read(indexLines, from, until),
    }
  }

  function next() {
    return indexLines.after(digested.lastId, linesAtOnce)
  }
}

const linesAtOnce = 1000

async function* read(indexLines: IndexLines, from: number, until: number): AsyncGenerator<Buffer> {
  let lastId = indexLines.lastBefore(from)
  for (let at = from; at < until; ) {
    const slice = indexLines.after(lastId, linesAtOnce)
    if (slice === undefined)
      throw new Error('The ledger lacks lines of the compact index that it had before.')
    const startsAt = slice.endsAt - slice.bytes.length
    yield slice.bytes.subarray(at - startsAt, until - startsAt)
    at = slice.endsAt
    lastId = slice.lastId
    await setImmediate()
  }
}
