/** The address of an inbox's page, or of one of its messages. */
export function inboxPath(name: string, id?: number): string {
  return id === undefined ? `/inbox/${name}` : `/inbox/${name}/${id}`
}

/** The number of a message as an address has it; null when it is none. */
export function idIn(text: unknown): number | null {
  return typeof text === 'string' && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null
}
