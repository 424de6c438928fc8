import { announce } from '../channels/announcement.js'
import type { Message } from '../delivery.js'
import type { Entry } from './atom.js'

/** An entry that says what a message says; `more` goes below it. */
export function messageEntry(
  message: Message,
  about: Pick<Entry, 'id' | 'updated' | 'page'>,
  more: readonly string[] = [],
): Entry {
  const { title, summary, notice, links, info, facts } = announce(message)
  return {
    ...about,
    title,
    related: links,
    category: message.kind,
    summary: [notice, summary, info, ...facts, ...more].filter(Boolean).join('\n'),
  }
}
