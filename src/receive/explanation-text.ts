import type { Explanation } from './explain.js'
import type { Maker } from './reasons.js'

/** An explanation in one line. */
export function summaryOf(explanation: Explanation): string {
  if (explanation.verdict === 'match') return `valid: made with ${called(explanation.maker)}`
  return `not valid: ${explanation.reasons.map(({ finding }) => finding).join(' ')}`
}

/** An explanation in sentences for a person: the verdict first, then what was found and what to do about it. */
export function sentencesOf(explanation: Explanation): string[] {
  if (explanation.verdict === 'match')
    return [`Valid: this Authorization was made with ${called(explanation.maker)}.`, ...explanation.notes]
  const { maker, reasons } = explanation
  const although = maker === null ? '' : `, although it was made with ${called(maker)}`
  return [
    `Not valid: this Authorization would be refused${although}.`,
    ...reasons.flatMap(({ finding, advice }) => [finding, advice]),
  ]
}

/** How a secret that made a header is told of. */
export function called({ label, derivation }: Maker): string {
  return derivation === 'as it stands' ? `${label} as it stands` : `the SHA-256 of ${label}`
}
