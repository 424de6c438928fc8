import type { emailMessage } from './email-message.js'

/** The headers of an email, beside who it is from and to and what it is about, as they stand when it is sent. */
export function emailHeaders({
  date,
  messageId,
  inReplyTo,
  references,
  list,
  headers,
}: ReturnType<typeof emailMessage>): Record<string, string> {
  const { id, unsubscribe } = list
  return {
    Date: date.toUTCString().replace('GMT', '+0000'),
    'Message-ID': messageId,
    'In-Reply-To': inReplyTo,
    References: references,
    'List-ID': `<${id}>`,
    ...(unsubscribe === undefined ? {} : { 'List-Unsubscribe': `<${unsubscribe}>` }),
    ...headers,
  }
}
