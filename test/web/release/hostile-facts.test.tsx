import fc from 'fast-check'
import { renderToStaticMarkup } from 'preact-render-to-string'
import { expect, it } from 'vitest'
import { dependenciesIn } from '../../../src/dependency-changes.js'
import { readAccepted } from '../../../src/payload.js'
import { DependenciesPanel } from '../../../src/web/release/dependencies-panel.js'
import { FactsPanel } from '../../../src/web/release/facts-panel.js'
import { factsOf } from '../../../src/web/release/release-facts.js'
import { type HostileRelease, hostileRelease } from '../../channels/hostile-payloads.js'
import { pageFaults } from './page-reader.js'

// A number of the ledger's, which the receiver has checked.
const previous = '0.0.1'
const gemPage = 'https://rubygems.org/gems/hostile'

// An expectation for each would take as long as the judging.
const batch = fc.array(hostileRelease, { minLength: 20, maxLength: 20 })

it('10,000 hostile payloads leave nothing foreign among the facts of a release', () => {
  fc.assert(
    fc.property(batch, (releases) => {
      expect(releases.flatMap((release) => pageFaults(`<!DOCTYPE html>${factsHtml(release)}`))).toEqual([])
    }),
    { numRuns: 500 },
  )
}, 120_000)

function factsHtml({ facts, message: { gemName, occurredAt } }: HostileRelease): string {
  const payload = readAccepted(Buffer.from(JSON.stringify(facts)))
  const needed = (scope: 'runtime' | 'development') => ({
    now: dependenciesIn(payload.facts, scope),
    before: [],
  })
  return renderToStaticMarkup(
    <div>
      <FactsPanel
        facts={factsOf(payload, { previous, receivedAt: occurredAt, gemPage })}
        gemName={gemName}
        previous={previous}
        now={occurredAt}
      />
      <DependenciesPanel
        seen={{ runtime: needed('runtime'), development: needed('development') }}
        previous={previous}
      />
    </div>,
  )
}
