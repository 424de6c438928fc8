import { type EndpointTrouble, mostLooked } from '../../ledger/endpoint-trouble.js'
import { plain } from '../../plain-text.js'
import { Moment } from '../parts/moment.js'

/** What waits at an endpoint after a failure, and what went wrong last. */
export function TroubleText({ trouble, now }: { trouble: EndpointTrouble; now: number }) {
  const { waiting, at } = trouble
  return (
    <>
      {waiting}
      {waiting === mostLooked && '+'} waiting after a failure; last: <bdi>{reasonOf(trouble)}</bdi>,{' '}
      <Moment at={at} now={now} />
    </>
  )
}

function reasonOf({ error, statusCode }: EndpointTrouble): string {
  // What answers 2xx and fails all the same says why in its text.
  if (statusCode !== null && (statusCode < 200 || statusCode >= 300)) return `answered ${statusCode}`
  return plain(error, 300).replace(/\.$/, '') || 'failed'
}
