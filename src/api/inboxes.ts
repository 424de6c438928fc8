import { z } from 'zod'
import { ok } from '../error.js'
import type { InboxMessage } from '../ledger/inbox.js'
import { storedPreview } from '../manage/stored-preview.js'
import { eventKinds, idField, textField, time, timeOf, timeOrNull } from './fields.js'
import { idPageFields, namePageFields, nextField, pageOf } from './paging.js'
import { previewJson, previewSchema } from './previews.js'
import { missing, route } from './route.js'

const messageSchema = z
  .object({
    id: z.int(),
    delivery_id: z.int().nullable().describe('Null: it was test-fired.'),
    created_at: time,
    message_id: z.string(),
    gem_name: z.string(),
    number: z.string(),
    kind: z.enum(eventKinds),
    origin: z.enum(['event', 'fire', 'sample']),
  })
  .meta({ id: 'InboxMessage', description: 'A message that was kept here instead of being sent.' })

export const listInboxes = route({
  method: 'get',
  path: '/api/v1/inboxes.json',
  operation: 'listInboxes',
  summary: 'Inboxes that hold messages, or that a hook leads to, by name',
  input: z.object(namePageFields),
  answer: z.object({
    inboxes: z.array(z.object({ name: z.string(), count: z.int(), last_at: time.nullable() })),
    next: nextField,
  }),
  act({ accountId, given: { cursor: after = null, limit } }, { ledger }) {
    const { rows, next } = pageOf(
      limit,
      (most) => ledger.inbox.names(accountId, { after, limit: most }),
      ({ name }) => name,
    )
    const inboxes = rows.map(({ name, count, lastAt }) => ({ name, count, last_at: timeOrNull(lastAt) }))
    return ok({ inboxes, next })
  },
})

export const listMessages = route({
  method: 'get',
  path: '/api/v1/inboxes/{name}.json',
  operation: 'listMessages',
  summary: 'Messages in an inbox, newest first',
  input: z.object({ name: textField(), ...idPageFields }),
  answer: z.object({ messages: z.array(messageSchema), next: nextField }),
  act({ accountId, given: { name, cursor: before = null, limit } }, { ledger }) {
    if (!ledger.inbox.exists(accountId, name)) return missing
    const { rows, next } = pageOf(
      limit,
      (most) => ledger.inbox.list(accountId, name, { before, limit: most }),
      ({ id }) => id,
    )
    return ok({ messages: rows.map(messageJson), next })
  },
})

export const showMessage = route({
  method: 'get',
  path: '/api/v1/inboxes/{name}/{id}.json',
  operation: 'showMessage',
  summary: 'A message as each channel would send it',
  input: z.object({ name: textField(), id: idField }),
  answer: messageSchema.extend({ preview: previewSchema }),
  act({ accountId, given: { name, id } }, { ledger, setup }) {
    const kept = ledger.inbox.find(accountId, name, id)
    if (kept === undefined) return missing
    return ok({ ...messageJson(kept), preview: previewJson(storedPreview(kept, accountId, setup.mailFrom)) })
  },
})

function messageJson({ id, deliveryId, createdAt, message }: InboxMessage): z.input<typeof messageSchema> {
  return {
    id,
    delivery_id: deliveryId,
    created_at: timeOf(createdAt),
    message_id: message.id,
    gem_name: message.gemName,
    number: message.number,
    kind: message.kind,
    origin: message.origin,
  }
}
