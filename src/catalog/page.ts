import { type Answer, redirect } from './answer.js'
import type { Call } from './parts.js'

/** How many entries a page has. */
export const pageSize = 30

const lastPage = 1000

/**
 * The entries to pass over before the page that was asked for, or the way to the first page when there can be no such
 * page (protocol/rubygems-api.md §2). `kept` names the parameters that go along.
 */
export function offsetOf({ parameters, path }: Call, kept: readonly string[]): number | Answer {
  const asked = parameters.get('page')
  if (asked === undefined) return 0
  const page = asked !== null && /^\d{1,4}$/.test(asked) ? Number(asked) : 0
  if (page >= 1 && page <= lastPage) return (page - 1) * pageSize

  const query = new URLSearchParams({ page: '1' })
  for (const name of kept) {
    const value = parameters.get(name)
    if (typeof value === 'string') query.set(name, value)
  }
  query.sort()
  return redirect(`${path}?${query}`)
}
