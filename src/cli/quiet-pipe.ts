import type { Writable } from 'node:stream'
import { getSystemErrorMap } from 'node:util'
import { failWith } from './fail.js'

/** Streams that lost some of what was written to them. */
const lossy = new WeakSet<Writable>()
/** Those of them that a sentence was said about. */
const told = new WeakSet<Writable>()

/**
 * Writes to a stream whose reader may leave (`gemherald … | head`): from then on what is written is dropped, nothing
 * is said, and the command finishes what it does. Of any other trouble with the stream, such as a full disk, one sentence
 * is said on stderr, and the command ends with exit code 1.
 */
export function writeQuietly(stream: Writable, text: string): void {
  if (stream.listenerCount('error', onTrouble) === 0) stream.on('error', onTrouble)
  stream.write(text, (error) => noteLoss(stream, error))
}

/** Waits until what was written so far is out; false when some of it was lost, be it that its reader left. */
export function isWritten(stream: Writable): Promise<boolean> {
  return new Promise((resolve) => {
    stream.write('', (error) => {
      noteLoss(stream, error)
      resolve(!lossy.has(stream))
    })
  })
}

function noteLoss(stream: Writable, error: Error | null | undefined): void {
  if (error) lossy.add(stream)
}

/** Stdout has such an event for everything that it cannot write. */
function onTrouble(this: Writable, error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE' || told.has(this)) return
  told.add(this)
  failWith({ code: 'unavailable', message: `Cannot write the output: ${reasonOf(error)}.` })
}

function reasonOf({ errno, message }: NodeJS.ErrnoException): string {
  const [, reason = message] = getSystemErrorMap().get(errno ?? 0) ?? []
  return reason
}
