import type { Explanation } from '../receive/explain.js'

/** An explanation as commands print it with `--json`. */
export function explanationJson(explanation: Explanation): Record<string, unknown> {
  const { maker } = explanation
  return {
    valid: explanation.verdict === 'match',
    made_with: maker === null ? null : { secret: maker.label, derivation: maker.derivation },
    notes: explanation.verdict === 'match' ? explanation.notes : [],
    reasons: explanation.verdict === 'match' ? [] : explanation.reasons,
  }
}
