/** A path of this server with a parameter in its query, in place of any that was there; null takes it away. */
export function withParameter(path: string, name: string, value: string | null): string {
  const url = new URL(path, 'http://here.invalid')
  if (value === null) url.searchParams.delete(name)
  else url.searchParams.set(name, value)
  return `${url.pathname}${url.search}`
}
