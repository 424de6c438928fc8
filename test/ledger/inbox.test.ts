import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../src/delivery.js'
import { isStorageTrouble } from '../../src/ledger/open.js'
import { aMessage } from '../channels/jobs.js'
import { codePoint } from '../helpers/code-point.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
})
afterEach(() => temp.remove())

const keep = (
  id: string,
  where: { account?: string; name?: string; deliveryId?: number | null } = {},
  at = testTime,
) =>
  temp.ledger.inbox.keep(
    {
      accountId: temp.account(where.account),
      name: where.name ?? 'demo',
      deliveryId: where.deliveryId ?? null,
      message: aMessage({ id }),
    },
    at,
  )
const ids = (name = 'demo', account?: string) =>
  temp.ledger.inbox
    .list(temp.account(account), name, { before: null, limit: 1000 })
    .map(({ message }) => message.id)

const all = { after: null, limit: 100 }

describe('an inbox', () => {
  it('gives back what was kept, newest first, a page at a time', () => {
    for (let number = 1; number <= 5; number += 1)
      keep(`msg_${number}`, { deliveryId: number }, testTime + number)
    const { inbox } = temp.ledger
    const account = temp.account()
    const first = inbox.list(account, 'demo', { before: null, limit: 2 })
    expect(first).toEqual([
      { id: 5, name: 'demo', deliveryId: 5, message: aMessage({ id: 'msg_5' }), createdAt: testTime + 5 },
      { id: 4, name: 'demo', deliveryId: 4, message: aMessage({ id: 'msg_4' }), createdAt: testTime + 4 },
    ])
    expect(inbox.list(account, 'demo', { before: 4, limit: 2 }).map(({ id }) => id)).toEqual([3, 2])
    expect(inbox.list(account, 'demo', { before: 1, limit: 2 })).toEqual([])
    expect(inbox.find(account, 'demo', 3)).toEqual({
      id: 3,
      name: 'demo',
      deliveryId: 3,
      message: aMessage({ id: 'msg_3' }),
      createdAt: testTime + 3,
    })
  })

  it('keeps a message once, however often it comes, and also after a restart', () => {
    keep('msg_a')
    keep('msg_b')
    keep('msg_a', { deliveryId: 7 }, testTime + 1)
    temp.reopen()
    keep('msg_b')
    expect(ids()).toEqual(['msg_b', 'msg_a'])
  })

  it('keeps the last 500, and leaves other inboxes alone', () => {
    keep('msg_elsewhere', { name: 'other' })
    keep('msg_of_another', { account: 'second' })
    temp.ledger.together(() => {
      for (let number = 1; number <= 520; number += 1) keep(`msg_${number}`)
    })
    const kept = ids()
    expect(kept).toHaveLength(500)
    expect([kept[0], kept.at(-1)]).toEqual(['msg_520', 'msg_21'])
    expect(ids('other')).toEqual(['msg_elsewhere'])
    expect(ids('demo', 'second')).toEqual(['msg_of_another'])
    // One that is there already pushes nothing out.
    keep('msg_520')
    expect(ids()).toHaveLength(500)
  })

  it('is another one for every account', () => {
    keep('msg_mine')
    keep('msg_theirs', { account: 'second' })
    expect(ids()).toEqual(['msg_mine'])
    const { inbox } = temp.ledger
    expect(inbox.find(temp.account('second'), 'demo', 1)).toBeUndefined()
    expect(inbox.find(temp.account(), 'other', 1)).toBeUndefined()
    expect(inbox.names(temp.account('second'), all)).toEqual([{ name: 'demo', count: 1, lastAt: testTime }])
  })

  it('is named when a hook leads to it, or when there is something in it', () => {
    const { ledger } = temp
    temp.hook({ channel: 'inbox', url: 'inbox:empty' })
    temp.hook({ channel: 'inbox', url: 'inbox:full', gemName: 'rails' })
    temp.hook({ channel: 'inbox', url: 'inbox:gone' })
    temp.hook({ channel: 'inbox', url: 'inbox:theirs', account: 'second' })
    temp.hook({ channel: 'webhook' })
    ledger.hooks.remove({ accountId: temp.account(), gemName: '*', url: 'inbox:gone' }, testTime)
    keep('msg_1', { name: 'full' }, testTime + 1)
    keep('msg_2', { name: 'full' }, testTime + 2)
    keep('msg_3', { name: 'unhooked' }, testTime + 3)
    expect(ledger.inbox.names(temp.account(), all)).toEqual([
      { name: 'empty', count: 0, lastAt: null },
      { name: 'full', count: 2, lastAt: testTime + 2 },
      { name: 'unhooked', count: 1, lastAt: testTime + 3 },
    ])
    const page = (after: string | null, limit: number) =>
      ledger.inbox.names(temp.account(), { after, limit }).map(({ name }) => name)
    expect([page(null, 2), page('full', 2), page('unhooked', 2)]).toEqual([
      ['empty', 'full'],
      ['unhooked'],
      [],
    ])
    const names = ['empty', 'full', 'gone', 'theirs', 'unhooked', 'never']
    expect(names.filter((name) => ledger.inbox.exists(temp.account(), name))).toEqual([
      'empty',
      'full',
      'unhooked',
    ])
  })

  it('keeps whatever strangers write, character by character', () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint, maxLength: 300 }), fc.uuid(), (text, id) => {
        const message: Message = { ...aMessage(), id, body: JSON.stringify({ text }), previous: text }
        temp.ledger.inbox.keep(
          { accountId: temp.account(), name: 'demo', deliveryId: null, message },
          testTime,
        )
        const [newest] = temp.ledger.inbox.list(temp.account(), 'demo', { before: null, limit: 1 })
        expect(newest?.message).toEqual(message)
      }),
      { numRuns: 50 },
    )
  })

  it('keeps nothing while somebody else writes, says so, and keeps it the next time', () => {
    const accountId = temp.account()
    const message = aMessage({ id: 'msg_1' })
    const other = new Sqlite(join(temp.folder, 'ledger.db'))
    other.exec('BEGIN IMMEDIATE')
    const trouble = thrownBy(() =>
      temp.ledger.inbox.keep({ accountId, name: 'demo', deliveryId: null, message }, testTime),
    )
    other.exec('ROLLBACK')
    other.close()
    expect(isStorageTrouble(trouble)).toBe(true)
    expect(ids()).toEqual([])
    keep('msg_1')
    expect(ids()).toEqual(['msg_1'])
  })

  it('throws something else when the account does not exist', () => {
    const message = aMessage()
    const trouble = thrownBy(() =>
      temp.ledger.inbox.keep({ accountId: 999, name: 'demo', deliveryId: null, message }, testTime),
    )
    expect([String(trouble), isStorageTrouble(trouble)]).toEqual([
      expect.stringContaining('FOREIGN KEY'),
      false,
    ])
  })

  it('is found without looking through the others', () => {
    const plan = (sql: string) =>
      temp.query<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => detail)
    expect(
      plan(
        "SELECT id FROM inbox_messages WHERE account_id = 1 AND name = 'a' AND id < 9 ORDER BY id DESC LIMIT 5",
      ),
    ).toEqual([
      expect.stringMatching(/^SEARCH .*inbox_messages_inbox \(account_id=\? AND name=\? AND rowid<\?\)/),
    ])
    for (const sql of [
      "SELECT min(name) FROM inbox_messages WHERE account_id = 1 AND name > 'a'",
      "SELECT count(*), max(id) FROM inbox_messages WHERE account_id = 1 AND name = 'a'",
    ])
      expect(plan(sql)).toEqual([expect.stringMatching(/^SEARCH .*COVERING INDEX inbox_messages_inbox/)])
  })
})

function thrownBy(work: () => void): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}
