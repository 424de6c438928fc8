import type { Verdict } from '../../delivery.js'
import type { AttemptRow } from '../../ledger/delivery-list.js'
import { plain } from '../../plain-text.js'
import { Badge } from '../parts/badge.js'
import { Moment } from '../parts/moment.js'
import type { Tone } from '../parts/tone.js'
import { durationText } from './duration-text.js'
import { FarAnswer } from './far-answer.js'

const verdicts: Record<Verdict, { text: string; tone: Tone }> = {
  succeeded: { text: 'sent', tone: 'good' },
  retry: { text: 'failed', tone: 'warn' },
  dead: { text: 'failed for good', tone: 'bad' },
}

/** Every attempt at a delivery, in order: when, how long, and what the far side said. */
export function AttemptList({ tries, now }: { tries: readonly AttemptRow[]; now: number }) {
  return (
    <ol class="attempts stack">
      {tries.map((attempt) => (
        <li key={attempt.number} class="stack">
          <Attempt attempt={attempt} now={now} />
        </li>
      ))}
    </ol>
  )
}

function Attempt({ attempt, now }: { attempt: AttemptRow; now: number }) {
  const { number, startedAt, durationMs, verdict, statusCode, response, error } = attempt
  const { text, tone } = verdicts[verdict]
  return (
    <>
      <p class="cluster">
        <strong>Attempt {number}</strong> <Badge tone={tone}>{text}</Badge>{' '}
        <Moment at={startedAt} now={now} />
        <span class="muted">took {durationText(durationMs)}</span>
        <span class="muted">{statusCode === null ? 'no answer' : `answer ${statusCode}`}</span>
      </p>
      {error !== null && (
        <p>
          <bdi>{plain(error, 500)}</bdi>
        </p>
      )}
      {response !== null && response !== '' && (
        <FarAnswer response={response} label={`Answer to attempt ${number}`} />
      )}
    </>
  )
}
