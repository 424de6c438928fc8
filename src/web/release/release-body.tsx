import { type DependencyScope, dependenciesIn } from '../../dependency-changes.js'
import type { PreviousOf } from '../../known-previous.js'
import type { EventRow } from '../../ledger/events.js'
import { Badge } from '../parts/badge.js'
import { releasePath } from '../releases/release-path.js'
import type { WebParts } from '../web-parts.js'
import { DependenciesPanel } from './dependencies-panel.js'
import { EventTable } from './event-table.js'
import { FactsPanel } from './facts-panel.js'
import { factsOf } from './release-facts.js'
import { platformsOf, type ReleaseSeen, releaseBefore, releaseSeen } from './release-seen.js'
import { yankedPlatforms } from './version-badge.js'

interface ReleaseBodyProps {
  /** All about the version, newest first; at least one. */
  events: readonly EventRow[]
  /** Whose facts are asked for; null, or one that there is not: the first one's. */
  platform: string | null
  previousOf: PreviousOf
  parts: Pick<WebParts, 'ledger' | 'gemPage' | 'now'>
}

/** What is known of a version: its makers' words, what it needs, and what happened to it. */
export function ReleaseBody({ events, platform, previousOf, parts }: ReleaseBodyProps) {
  const platforms = platformsOf(events)
  const chosen = platforms.find((known) => known === platform) ?? platforms[0] ?? 'ruby'
  const seen = releaseSeen(parts.ledger, events, chosen)
  return (
    <>
      {seen !== undefined && (
        <div class="stack" data-live="facts">
          {platforms.length > 1 && (
            <PlatformTabs
              event={seen.event}
              platforms={platforms}
              yanked={yankedPlatforms(events)}
              chosen={chosen}
            />
          )}
          <Known seen={seen} previous={previousOf(seen.event) ?? null} parts={parts} />
        </div>
      )}
      <EventTable events={events} previousOf={previousOf} now={parts.now()} />
    </>
  )
}

interface KnownProps {
  seen: ReleaseSeen
  previous: string | null
  parts: ReleaseBodyProps['parts']
}

function Known({ seen, previous, parts }: KnownProps) {
  const { ledger, gemPage, now } = parts
  const { gemName, receivedAt } = seen.event
  const seenBefore = releaseBefore(ledger, seen.event, previous)
  const dependencies = (scope: DependencyScope) => ({
    now: dependenciesIn(seen.payload.facts, scope),
    before: seenBefore === undefined ? null : dependenciesIn(seenBefore.payload.facts, scope),
  })
  return (
    <div class="columns">
      <FactsPanel
        facts={factsOf(seen.payload, { previous, receivedAt, gemPage: gemPage(gemName) })}
        gemName={gemName}
        previous={previous}
        now={now()}
      />
      <DependenciesPanel
        seen={{ runtime: dependencies('runtime'), development: dependencies('development') }}
        previous={previous}
      />
    </div>
  )
}

interface PlatformTabsProps {
  event: EventRow
  platforms: readonly string[]
  /** Those of them that are yanked. */
  yanked: readonly string[]
  chosen: string
}

function PlatformTabs({ event: { gemName, number }, platforms, yanked, chosen }: PlatformTabsProps) {
  const path = releasePath(gemName, number)
  return (
    <nav class="tabs" aria-label="Platforms">
      {platforms.map((platform) => (
        <a
          key={platform}
          href={`${path}?platform=${encodeURIComponent(platform)}`}
          aria-current={platform === chosen ? 'page' : undefined}
        >
          {platform}
          {yanked.includes(platform) && (
            <>
              {' '}
              <Badge tone="bad">yanked</Badge>
            </>
          )}
        </a>
      ))}
    </nav>
  )
}
