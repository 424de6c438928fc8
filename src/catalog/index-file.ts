import { createHash } from 'node:crypto'

/** A file of the compact index, as it is at one moment. */
export interface IndexFile {
  /** Its length. */
  bytes: number
  /** In hex. */
  md5: string
  /** In Base64. */
  sha256: string
  /** The bytes from `from` up to, but without, `until`. */
  read(from: number, until: number): AsyncIterable<Buffer>
}

/** A file that is small enough to be kept in memory. */
export function smallFile(content: Buffer): IndexFile {
  return {
    bytes: content.length,
    md5: createHash('md5').update(content).digest('hex'),
    sha256: createHash('sha256').update(content).digest('base64'),
    async *read(from, until) {
      yield content.subarray(from, until)
    },
  }
}
