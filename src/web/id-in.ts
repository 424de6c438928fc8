/** An id as an address or a form has it; null when it is none. */
export function idIn(text: unknown): number | null {
  const id = typeof text === 'string' && /^[1-9]\d*$/.test(text) ? Number(text) : 0
  return id > 0 && Number.isSafeInteger(id) ? id : null
}
