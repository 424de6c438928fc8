import { label } from '../../plain-text.js'
import type { SyncPlan } from '../../upstream/plan.js'
import { Action } from '../parts/action.js'
import { Panel } from '../parts/panel.js'

interface PlanPageProps {
  /** Null: the upstream gave none. */
  plan: SyncPlan | null
  upstreamHost: string
  /** Whether the upstream can reach the receiver. */
  reachable: boolean
  csrf: string
}

/** What a sync would change at the upstream, and the button that does it. */
export function PlanPage({ plan, upstreamHost, reachable, csrf }: PlanPageProps) {
  const upstream = new URL(upstreamHost).host
  return (
    <div class="stack">
      {plan !== null && (
        <Panel id="plan" title={isInStep(plan) ? 'In step' : 'What would be changed'}>
          <Changes plan={plan} upstream={upstream} />
          {!isInStep(plan) &&
            (reachable ? (
              <Action to="/setup/sync" csrf={csrf} tone="info" ask={`Make these changes at ${upstream}?`}>
                Apply
              </Action>
            ) : (
              <p>
                It cannot be applied yet: {upstream} cannot reach this server. Set{' '}
                <span class="mono">PUBLIC_URL</span>, and start it again.
              </p>
            ))}
        </Panel>
      )}
      <p>
        <a href="/setup">Setup</a>
      </p>
    </div>
  )
}

function isInStep({ add, remove, removeEarlier }: SyncPlan): boolean {
  return add.length + remove.length + removeEarlier.length === 0
}

function Changes({ plan, upstream }: { plan: SyncPlan; upstream: string }) {
  const { add, remove, removeEarlier, unchanged } = plan
  return (
    <>
      <p>
        {isInStep(plan)
          ? `The hooks at ${upstream} are those that the hooks here need: nothing is to be done.`
          : 'First hooks are added, then others removed, so no release is missed between. Hooks that lead elsewhere are never touched.'}
      </p>
      <Names title="Add" names={add} />
      <Names title="Remove" names={remove} />
      <Names
        title="Remove at an earlier URL of this server"
        names={removeEarlier.map(({ gemName }) => gemName)}
      />
      <Names title="Unchanged" names={unchanged} />
    </>
  )
}

function Names({ title, names }: { title: string; names: readonly string[] }) {
  if (names.length === 0) return null
  return (
    <div>
      <h3>
        {title} <span class="muted">{names.length}</span>
      </h3>
      <p class="mono">
        {names.map((name) => (name === '*' ? '* (every gem)' : label(name, 100))).join(', ')}
      </p>
    </div>
  )
}
