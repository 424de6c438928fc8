import { isGemName } from '../payload.js'
import { isVersion } from '../version.js'

/** A gem's name and the number of one of its versions. */
export interface Split {
  name: string
  number: string
}

/**
 * What else a digest of name and number stands for, since both are hashed joined: `foo` `12.0` and `foo1` `2.0` have the
 * same one (protocol/rubygems-webhooks.md §12.3). Names that end in a dot, a hyphen or an underscore are left out: nearly
 * every version would have one of those.
 */
export function otherSplits({ name, number }: Split): Split[] {
  const joined = name + number
  return Array.from({ length: joined.length }, (_, at) => ({
    name: joined.slice(0, at),
    number: joined.slice(at),
  })).filter(
    (split) =>
      split.name !== name &&
      /[A-Za-z0-9]$/.test(split.name) &&
      isGemName(split.name) &&
      isVersion(split.number),
  )
}
