import { plain } from './plain-text.js'

/** What a gem needs. Both are one line by strangers, fit to be shown. */
export interface Dependency {
  name: string
  requirements: string
}

/** A dependency beside what it was in the release before. */
export interface DependencyChange extends Dependency {
  /** `unknown`: the release before is not known. */
  change: 'same' | 'added' | 'removed' | 'changed' | 'unknown'
  /** The requirement before, where it was another one. */
  before: string | null
}

export type DependencyScope = 'runtime' | 'development'

const mostRead = 1_000

/** The dependencies that a payload names; null when it says nothing about them. */
export function dependenciesIn(facts: Record<string, unknown>, scope: DependencyScope): Dependency[] | null {
  const { dependencies } = facts
  if (typeof dependencies !== 'object' || dependencies === null) return null
  const listed: unknown = (dependencies as Record<string, unknown>)[scope]
  return Array.isArray(listed) ? listed.slice(0, mostRead).flatMap(dependencyOf) : null
}

/**
 * How dependencies changed, the changed ones first, in order of their names; `before` null when the release before is
 * not known.
 */
export function changesOf(
  now: readonly Dependency[],
  before: readonly Dependency[] | null,
): DependencyChange[] {
  if (before === null)
    return now.map((one) => ({ ...one, change: 'unknown' as const, before: null })).sort(byName)
  const old = new Map(before.map(({ name, requirements }) => [name, requirements]))
  const names = new Set(now.map(({ name }) => name))
  const changes = [
    ...now.map((one) => compare(one, old.get(one.name))),
    ...before
      .filter(({ name }) => !names.has(name))
      .map((one) => ({ ...one, change: 'removed' as const, before: null })),
  ].sort(byName)
  return [
    ...changes.filter(({ change }) => change !== 'same'),
    ...changes.filter(({ change }) => change === 'same'),
  ]
}

function compare(one: Dependency, before: string | undefined): DependencyChange {
  if (before === undefined) return { ...one, change: 'added', before: null }
  return before === one.requirements
    ? { ...one, change: 'same', before: null }
    : { ...one, change: 'changed', before }
}

function dependencyOf(value: unknown): Dependency[] {
  if (typeof value !== 'object' || value === null) return []
  const { name, requirements } = value as Record<string, unknown>
  const shown = plain(name, 255)
  return shown === '' ? [] : [{ name: shown, requirements: plain(requirements, 255) }]
}

function byName(a: Dependency, b: Dependency): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
