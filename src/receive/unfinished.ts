/** A body of which a part has come. */
export interface Unfinished {
  /** Bytes that have come. */
  readonly size: number
  add(chunk: Buffer): void
  /** Lets go of the bytes, and gives them in one piece. What comes later is not kept. */
  take(): Buffer
}

/** Begins a body; `giveWay` is called when it had to let go of its bytes because too much was held in all. */
export type BeginBody = (giveWay: () => void) => Unfinished

interface Part {
  bytes: Buffer
  giveWay(): void
}

/**
 * Keeps the bodies that are being read within `most` bytes of memory in all, however many there are and in however small
 * pieces they come. When it would be more, the one that was begun first gives way: an ordinary one is whole within moments.
 */
export function createUnfinished(most: number): BeginBody {
  const parts = new Set<Part>()
  let held = 0

  const drop = (part: Part) => {
    if (parts.delete(part)) held -= part.bytes.length
  }

  const makeRoom = () => {
    while (held > most) {
      const [oldest] = parts
      if (oldest === undefined) return
      drop(oldest)
      oldest.bytes = nothing
      oldest.giveWay()
    }
  }

  return (giveWay) => {
    const part: Part = { bytes: nothing, giveWay }
    let size = 0
    parts.add(part)
    return {
      get size() {
        return size
      },
      add(chunk) {
        if (!parts.has(part)) return
        held -= part.bytes.length
        part.bytes = joined(part.bytes, size, chunk)
        held += part.bytes.length
        size += chunk.length
        makeRoom()
      },
      take() {
        const { bytes } = part
        drop(part)
        part.bytes = nothing
        return bytes.subarray(0, size)
      },
    }
  }
}

const nothing = Buffer.alloc(0)

/** Grows by doubling. A list of the chunks would hold a hundred bytes for every byte that comes in a chunk of its own. */
function joined(bytes: Buffer, size: number, chunk: Buffer): Buffer {
  // Most bodies come in one piece, which need not be copied.
  if (size === 0) return chunk
  const needed = size + chunk.length
  if (needed <= bytes.length) {
    chunk.copy(bytes, size)
    return bytes
  }
  return Buffer.concat([bytes.subarray(0, size), chunk], Math.max(needed, 2 * size))
}
