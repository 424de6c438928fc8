import { expect } from 'vitest'
import type { Finding } from '../../chaos/row.js'

/** Nothing was lost, and all is met that does not hang on how quick the machine is. */
export function expectMet(finding: Finding): void {
  const missed = finding.checks.filter(({ met, figure }) => !met && !figure)
  expect({ lost: finding.lost ?? 0, missed }).toEqual({ lost: 0, missed: [] })
}
