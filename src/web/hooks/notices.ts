import type { PageNotice } from '../send-page.js'

/** What was done just before this page, as `did` in its address names it. Nobody can have other words shown. */
export function noticeOf(did: string | null): PageNotice | null {
  return notices.get(did ?? '') ?? null
}

const notices: ReadonlyMap<string, PageNotice> = new Map([
  ['added', { tone: 'good', text: 'Hook added. Press Test fire to see what it sends.' }],
  [
    'removed',
    { tone: 'good', text: 'Hook removed. What still waited to be sent for it alone is cancelled.' },
  ],
  ['gone', { tone: 'warn', text: 'There was no such hook any more: nothing was changed.' }],
  ['enabled', { tone: 'good', text: 'Endpoint enabled: its failures are forgotten.' }],
  ['disabled', { tone: 'good', text: 'Endpoint disabled. What still waited to be sent to it is cancelled.' }],
  ['unchanged', { tone: 'warn', text: 'It was so already: nothing was changed.' }],
])
