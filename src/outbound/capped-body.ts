/**
 * Collects at most `limit` bytes. It copies: a chunk is a view on a read buffer that may be a thousand times its size,
 * and a hostile answer would make us keep thousands of those.
 */
export class CappedBody {
  #bytes = Buffer.alloc(0)
  #length = 0
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Returns false when part of the chunk did not fit. */
  push(chunk: Buffer): boolean {
    const wanted = this.#length + chunk.length
    this.#reserve(Math.min(wanted, this.#limit))
    this.#length += chunk.copy(this.#bytes, this.#length)
    return this.#length === wanted
  }

  toBuffer(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return
    const grown = Buffer.alloc(Math.min(this.#limit, Math.max(size, this.#bytes.length * 2)))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
