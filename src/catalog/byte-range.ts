/** Bytes of a file from `from` up to, but without, `until`. */
export interface ByteRange {
  from: number
  until: number
}

/**
 * What a `Range` header asks of a file of so many bytes (RFC 9110 §14.1.2): `whole` when it is none, asks for several ranges,
 * or cannot be read; `beyond` when no byte of the file lies in it.
 */
export function readRange(header: string | undefined, bytes: number): ByteRange | 'whole' | 'beyond' {
  const [, first = '', last = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? '') ?? []
  if (first === '') return last === '' ? 'whole' : suffix(Number(last), bytes)
  const from = Number(first)
  const until = last === '' ? bytes : Math.min(Number(last) + 1, bytes)
  if (last !== '' && Number(last) < from) return 'whole'
  return from >= bytes ? 'beyond' : { from, until }
}

function suffix(length: number, bytes: number): ByteRange | 'beyond' {
  return length === 0 || bytes === 0 ? 'beyond' : { from: Math.max(0, bytes - length), until: bytes }
}
