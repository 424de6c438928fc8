/** The address of an inbox's page, or of one of its messages. */
export function inboxPath(name: string, id?: number): string {
  return id === undefined ? `/inbox/${name}` : `/inbox/${name}/${id}`
}
