import { createHash } from 'node:crypto'

/** An IRI for what these texts name in this installation: always the same, and nowhere else in the world the same. */
export function feedId(installation: string, ...names: readonly string[]): string {
  const bytes = createHash('sha256')
    .update([installation, ...names].join('\n'))
    .digest()
    .subarray(0, 16)
  // A UUID of version 8, which is made of whatever its maker likes (RFC 9562).
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return `urn:uuid:${bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`
}
