import { createHash } from 'node:crypto'
import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The copy of an upstream's `/versions` on disk, for its owner only (mode 0600). It can be lost: then the next read starts
 * anew. Everything throws when the system does not let it.
 */
export interface VersionsFile {
  /** Null when there is none, it is another host's, or it breaks off in the middle of a line. */
  read(): Promise<Buffer | null>
  /** Puts a copy in the place of what is there: all of it, or nothing. */
  replace(bytes: Buffer): Promise<void>
  append(bytes: Buffer): Promise<void>
  remove(): Promise<void>
}

/** `host` is the upstream's base URL. */
export function versionsFile(dataDir: string, host: string): VersionsFile {
  const file = join(dataDir, 'upstream-versions')
  // Of one length, and without line breaks, whatever the URL is.
  const head = Buffer.from(`gemherald ${createHash('sha256').update(host).digest('hex')}\n`)
  return {
    async read() {
      const kept = await readFile(file).catch(nullWhenMissing)
      if (kept === null || !kept.subarray(0, head.length).equals(head)) return null
      return kept.length > head.length && kept.at(-1) === 0x0a ? kept.subarray(head.length) : null
    },
    async replace(bytes) {
      await writeFile(`${file}.new`, [head, bytes], { mode: 0o600 })
      await rename(`${file}.new`, file)
    },
    append: (bytes) => appendFile(file, bytes),
    remove: () => rm(file, { force: true }),
  }
}

function nullWhenMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
