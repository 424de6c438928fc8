import type { Result } from '../../error.js'
import type { Claim, Explanation } from '../../receive/explain.js'
import { sentencesOf } from '../../receive/explanation-text.js'

/** What was found out about an `Authorization` header, for its form. The header itself is not shown again: it may be a secret. */
export interface Verified {
  name: string
  number: string
  /** Whether the receiver would accept it. */
  accepted: boolean
  /** Whether it was not looked at, since no webhook can be about such a release. */
  unusable: boolean
  /** For a person. They hold no secret. */
  sentences: string[]
}

/** What the form shows of it. */
export function verifiedOf(
  { name, number }: Pick<Claim, 'name' | 'number'>,
  found: Result<Explanation>,
): Verified {
  if (!found.ok) return { name, number, accepted: false, unusable: true, sentences: [found.problem.message] }
  const accepted = found.value.verdict === 'match'
  return { name, number, accepted, unusable: false, sentences: sentencesOf(found.value) }
}
