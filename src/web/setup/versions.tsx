import { Moment } from '../parts/moment.js'
import { Panel } from '../parts/panel.js'
import type { Setup } from '../setup-parts.js'

/** What runs here. */
export function Versions({
  setup: { version, sqliteVersion, startedAt },
  now,
}: {
  setup: Setup
  now: number
}) {
  return (
    <Panel id="versions" title="Versions" live>
      <dl class="facts">
        <dt>gemherald</dt>
        <dd>{version}</dd>
        <dt>Node.js</dt>
        <dd>{process.versions.node}</dd>
        <dt>SQLite</dt>
        <dd>{sqliteVersion}</dd>
        <dt>Started</dt>
        <dd>
          <Moment at={startedAt} now={now} />
        </dd>
      </dl>
    </Panel>
  )
}
