import type { AttemptRow, DeliveryRow } from '../../ledger/delivery-list.js'
import { plain } from '../../plain-text.js'
import { shortUrl } from '../hooks/short-url.js'
import { Action } from '../parts/action.js'
import { Badge } from '../parts/badge.js'
import { Details } from '../parts/details.js'
import { Moment } from '../parts/moment.js'
import { releasePath } from '../releases/release-path.js'
import { AttemptList } from './attempt-list.js'
import { deliveryWords } from './delivery-words.js'

interface DeliveryItemProps {
  delivery: DeliveryRow
  tries: readonly AttemptRow[]
  /** Whether to name the release: where the page is not about one anyway. */
  namesRelease: boolean
  csrf: string
  /** Where a person comes back to after asking for it again. */
  back: string
  now: number
}

/** One delivery: where to, how it stands, why, and every attempt. */
export function DeliveryItem({ delivery, tries, namesRelease, csrf, back, now }: DeliveryItemProps) {
  const { id, endpointId, channel, url, state, event } = delivery
  const { text, tone } = deliveryWords[state]
  return (
    <li class="delivery" id={`delivery-${id}`}>
      <div class="delivery-head">
        <span class="delivery-what">
          <Badge tone={tone}>{text}</Badge>{' '}
          {namesRelease && (
            <>
              <a data-row href={releasePath(event.gemName, event.number)}>
                <strong>{event.gemName}</strong> <span class="mono">{event.number}</span>
              </a>{' '}
              {event.kind !== 'pushed' && <span>{event.kind} </span>}
            </>
          )}
          {event.platform !== 'ruby' && <span class="muted">{event.platform} </span>}
          <span class="muted">{channel}</span>{' '}
          <a
            class="mono delivery-url"
            href={`/endpoints/${endpointId}`}
            data-row={namesRelease ? undefined : true}
          >
            <bdi>{plain(shortUrl(url), 255)}</bdi>
          </a>
        </span>
        <Again delivery={delivery} csrf={csrf} back={back} />
      </div>
      <p class="delivery-story muted">
        <Story delivery={delivery} now={now} />
      </p>
      {tries.length > 0 && (
        <Details summary={tries.length === 1 ? '1 attempt' : `${tries.length} attempts`}>
          <AttemptList tries={tries} now={now} />
        </Details>
      )}
    </li>
  )
}

/** When it ended or when it goes on, and what went wrong last. */
function Story({ delivery, now }: { delivery: DeliveryRow; now: number }) {
  const { state, createdAt, finishedAt, nextTryAt, attempts, lastError, lastStatus } = delivery
  const trouble = state === 'succeeded' ? '' : troubleOf(lastError, lastStatus)
  return (
    <>
      {trouble !== '' && (
        <>
          <bdi class="delivery-trouble">{trouble}</bdi>{' '}
        </>
      )}
      {state === 'pending' ? (
        <NextTry nextTryAt={nextTryAt} attempts={attempts} now={now} />
      ) : (
        <>
          {endings[state]} <Moment at={finishedAt ?? createdAt} now={now} />.
        </>
      )}
    </>
  )
}

const endings = { succeeded: 'Sent', dead: 'Given up', cancelled: 'Cancelled' }

interface NextTryProps {
  nextTryAt: number | null
  attempts: number
  now: number
}

function NextTry({ nextTryAt, attempts, now }: NextTryProps) {
  const name = attempts === 0 ? 'First attempt' : 'Next attempt'
  if (nextTryAt === null) return <>{name} now.</>
  return (
    <>
      {name} <Moment at={nextTryAt} now={now} />.
    </>
  )
}

function troubleOf(error: string | null, status: number | null): string {
  const sentence = plain(error, 300)
  if (sentence === '') return status === null ? '' : `The answer was ${status}.`
  // More is said after it, and not every error ends as a sentence does.
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`
}

/** A button that asks for it again, or why there is none. */
function Again({ delivery, csrf, back }: Pick<DeliveryItemProps, 'delivery' | 'csrf' | 'back'>) {
  const { id, endpointId, state, nextTryAt, endpointDisabled, url } = delivery
  if (endpointDisabled) return <a href={`/endpoints/${endpointId}`}>Enable the endpoint or its hook first</a>
  // One that is not waiting is under way already.
  if (state === 'pending' && nextTryAt === null) return null
  const name = state === 'pending' ? 'Try now' : 'Redeliver'
  return (
    <Action
      to={`/deliveries/${id}/redeliver`}
      csrf={csrf}
      fields={{ back }}
      tone={state === 'dead' ? 'warn' : 'quiet'}
      label={`${name}: delivery ${id} to ${plain(shortUrl(url), 255)}`}
    >
      {name}
    </Action>
  )
}
