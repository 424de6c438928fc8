import type { Writable } from 'node:stream'

/**
 * Writes to a stream whose reader may leave (`gemherald … | head`): from then on what is written is dropped, nothing
 * is said, and the command finishes what it does. Any other trouble with the stream is thrown.
 */
export function writeQuietly(stream: Writable, text: string): void {
  if (stream.listenerCount('error', onTrouble) === 0) stream.on('error', onTrouble)
  stream.write(text)
}

function onTrouble(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
