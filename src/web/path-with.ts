/** A path of this server with a query; what is null, undefined or empty is left out of it. */
export function pathWith(path: string, fields: Record<string, string | number | null | undefined>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fields))
    if (value != null && value !== '') query.set(name, `${value}`)
  return query.size === 0 ? path : `${path}?${query}`
}
