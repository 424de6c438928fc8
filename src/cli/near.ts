import { label } from '../plain-text.js'

/** Ends a message about an unknown name: ` Did you mean rails, rake or rack?`, or nothing when no name is near. */
export function didYouMean(near: readonly string[]): string {
  const names = near.map((name) => label(name, 100))
  const last = names.pop()
  if (last === undefined) return ''
  return ` Did you mean ${names.length === 0 ? last : `${names.join(', ')} or ${last}`}?`
}
