import type { EventKind } from '../../event.js'
import { type Jump, jump } from '../../version.js'
import { Badge } from '../parts/badge.js'
import type { Tone } from '../parts/tone.js'

interface KindBadgeProps {
  kind: EventKind
  number: string
  /** Undefined when it is not known. */
  previous: string | null | undefined
}

const jumpWords: Record<Jump, { text: string; tone: Tone }> = {
  // The ledger may be younger than the gem: it can only say what it has seen.
  first: { text: 'first seen', tone: 'info' },
  prerelease: { text: 'pre', tone: 'quiet' },
  major: { text: 'major', tone: 'warn' },
  minor: { text: 'minor', tone: 'good' },
  patch: { text: 'patch', tone: 'quiet' },
}

/** What happened, in a word: what kind of jump a push is, or that the release was yanked or restored. */
export function KindBadge({ kind, number, previous }: KindBadgeProps) {
  if (kind === 'yanked') return <Badge tone="bad">yanked</Badge>
  if (kind === 'restored') return <Badge tone="info">restored</Badge>
  if (previous === undefined) return null
  const { text, tone } = jumpWords[jump(number, previous)]
  return (
    <span title={previous === null ? 'The first release seen here' : `after ${previous}`}>
      <Badge tone={tone}>{text}</Badge>
    </span>
  )
}
