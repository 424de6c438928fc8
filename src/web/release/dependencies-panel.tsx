import {
  changesOf,
  type Dependency,
  type DependencyChange,
  type DependencyScope,
} from '../../dependency-changes.js'
import { isGemName } from '../../payload.js'
import { Badge } from '../parts/badge.js'
import { Details } from '../parts/details.js'
import { Panel } from '../parts/panel.js'
import type { Tone } from '../parts/tone.js'

/** What a release needs and what the one before needed; null: not known. */
interface DependenciesSeen {
  now: Dependency[] | null
  before: Dependency[] | null
}

interface DependenciesPanelProps {
  seen: Record<DependencyScope, DependenciesSeen>
  /** Number of the release before. */
  previous: string | null
}

const mostShown = 200

/** What the release needs, and how that changed from the one before. */
export function DependenciesPanel({ seen: { runtime, development }, previous }: DependenciesPanelProps) {
  const ofDevelopment = development.now === null ? [] : changesOf(development.now, development.before)
  return (
    <Panel id="dependencies" title="Dependencies">
      {runtime.now === null ? (
        <p class="muted">The payload does not say what it needs.</p>
      ) : (
        <Changes
          changes={changesOf(runtime.now, runtime.before)}
          comparedWith={runtime.before === null ? null : previous}
        />
      )}
      {ofDevelopment.length > 0 && (
        <Details summary={developmentText(ofDevelopment)}>
          <Changes changes={ofDevelopment} comparedWith={development.before === null ? null : previous} />
        </Details>
      )}
    </Panel>
  )
}

interface ChangesProps {
  changes: DependencyChange[]
  /** Number of the release that they are compared with. */
  comparedWith: string | null
}

function Changes({ changes, comparedWith }: ChangesProps) {
  const isNeedless = changes.every(({ change }) => change === 'removed')
  return (
    <>
      {isNeedless && <p>It needs no other gem.</p>}
      {comparedWith !== null && (
        <p class="muted">
          {countChanged(changes) === 0
            ? `Nothing changed since ${comparedWith}.`
            : `Compared with ${comparedWith}:`}
        </p>
      )}
      {changes.length > 0 && (
        <ul class="dependencies">
          {changes.slice(0, mostShown).map((change) => (
            <Change key={change.name} change={change} />
          ))}
        </ul>
      )}
      {changes.length > mostShown && <p class="muted">And {changes.length - mostShown} more.</p>}
    </>
  )
}

const badges: Partial<Record<DependencyChange['change'], Tone>> = {
  added: 'good',
  removed: 'bad',
  changed: 'warn',
}

function Change({ change: { name, requirements, change, before } }: { change: DependencyChange }) {
  const tone = badges[change]
  return (
    <li>
      <bdi>{isGemName(name) ? <a href={`/?gem=${encodeURIComponent(name)}`}>{name}</a> : name}</bdi>{' '}
      {before !== null && (
        <>
          <del class="mono">
            <bdi>{before || 'any'}</bdi>
          </del>{' '}
          <span aria-hidden="true">→</span>{' '}
        </>
      )}
      <span class="mono">
        <bdi>{requirements || 'any'}</bdi>
      </span>{' '}
      {tone !== undefined && <Badge tone={tone}>{change}</Badge>}
    </li>
  )
}

function developmentText(changes: DependencyChange[]): string {
  const changed = countChanged(changes)
  return `For development: ${changes.length}${changed === 0 ? '' : `, ${changed} changed`}`
}

function countChanged(changes: DependencyChange[]): number {
  return changes.filter(({ change }) => change !== 'same' && change !== 'unknown').length
}
