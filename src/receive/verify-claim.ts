import { fail, ok, type Result } from '../error.js'
import { isGemName } from '../payload.js'
import { isVersion } from '../version.js'
import { type Claim, type Explanation, explainAuthorization } from './explain.js'

/** A claim of which the other numbers are not looked up yet. */
export type OpenClaim = Omit<Claim, 'otherNumbers'>

/** Which numbers of a gem the ledger knows. */
export type NumbersOf = (gemName: string) => string[] | Promise<string[]>

/**
 * Finds out for a person what the receiver makes of a header. The ledger is asked only where other versions could explain
 * something. `invalid`: no webhook can be about such a release.
 */
export async function verifyClaim(claim: OpenClaim, numbersOf: NumbersOf): Promise<Result<Explanation>> {
  const unusable = whyUnusable(claim)
  if (unusable !== null) return fail('invalid', unusable)
  const first = explainAuthorization({ ...claim, otherNumbers: [] })
  if (first.verdict === 'match') return ok(first)
  return ok(explainAuthorization({ ...claim, otherNumbers: await numbersOf(claim.name) }))
}

/** Why no webhook can be about a release: it was mistyped. Null: one can. */
export function whyUnusable({ name, number }: Pick<Claim, 'name' | 'number'>): string | null {
  if (isGemName(name) && isVersion(number)) return null
  if (isVersion(name) && isGemName(number)) return 'The name of the gem goes before the version.'
  return isGemName(name)
    ? 'The version is no version number of a gem.'
    : 'The name cannot be the name of a gem.'
}
