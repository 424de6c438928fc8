import type { Explanation } from './explain.js'
import type { Maker, Reason } from './reasons.js'

/** An explanation for programs. */
export interface ExplanationJson {
  /** Whether the receiver would accept the header. */
  valid: boolean
  /** The configured secret that made it, or null. */
  made_with: { secret: string; derivation: Maker['derivation'] } | null
  notes: string[]
  reasons: Reason[]
}

/** An explanation as the JSON API answers it, and as commands print it with `--json`. */
export function explanationJson(explanation: Explanation): ExplanationJson {
  const { maker } = explanation
  return {
    valid: explanation.verdict === 'match',
    made_with: maker === null ? null : { secret: maker.label, derivation: maker.derivation },
    notes: explanation.verdict === 'match' ? explanation.notes : [],
    reasons: explanation.verdict === 'match' ? [] : explanation.reasons,
  }
}
