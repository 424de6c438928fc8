import type { Redelivered } from '../../ledger/redeliver.js'
import type { PageNotice } from '../send-page.js'

/** What a person is told after asking for a delivery again; the address carries only the word for it. */
export function redeliveredNotice(query: URLSearchParams): PageNotice | null {
  const word = query.get(noticeParameter) ?? ''
  return Object.hasOwn(notices, word) ? notices[word as Redelivered] : null
}

/** The name of that word in an address. */
export const noticeParameter = 'redelivered'

const notices: Record<Redelivered, PageNotice> = {
  redelivered: { tone: 'good', text: 'It goes out again now.' },
  under_way: { tone: 'info', text: 'It is under way already: its outcome will show here.' },
  endpoint_disabled: {
    tone: 'warn',
    text: 'Nothing is sent there: the endpoint is disabled, or no hook leads to it any more. Put that right first.',
  },
  not_found: { tone: 'bad', text: 'There is no such delivery any more. Look for it in the list.' },
}
