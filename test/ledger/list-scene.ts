import fc from 'fast-check'
import type { DeliveryState } from '../../src/delivery.js'
import type { Confirmation, EventKind } from '../../src/event.js'
import { type TempLedger, testTime } from '../helpers/temp-ledger.js'

/** An event as lists know it. */
export interface SceneEvent {
  id: number
  kind: EventKind
  gemName: string
  number: string
  platform: string
  receivedAt: number
  confirmation: Confirmation | null
}

/** A delivery as lists know it. */
export interface SceneDelivery {
  id: number
  eventId: number
  endpointId: number
  state: DeliveryState
  finishedAt: number | null
}

export const event = (facts: Partial<SceneEvent> & { id: number }): SceneEvent => ({
  kind: 'pushed',
  gemName: 'rails',
  number: `1.${facts.id}`,
  platform: 'ruby',
  receivedAt: testTime,
  confirmation: null,
  ...facts,
})

/** Puts events into the ledger as they are, told already. */
export function keepEvents(temp: TempLedger, events: readonly SceneEvent[]): void {
  temp.change(
    `INSERT INTO events (id, kind, gem_name, number, platform, payload, received_at, confirmation, fanned_out_at, webhook_at)
     SELECT value ->> 'id', value ->> 'kind', value ->> 'gemName', value ->> 'number', value ->> 'platform', '{}',
       value ->> 'receivedAt', value ->> 'confirmation', 1, 1 FROM json_each(?)`,
    JSON.stringify(events),
  )
}

/** Puts deliveries into the ledger as they are; pending ones are due. */
export function keepDeliveries(temp: TempLedger, deliveries: readonly SceneDelivery[]): void {
  temp.change(
    `INSERT INTO deliveries (id, event_id, endpoint_id, account_id, channel, state, stage, due_at, created_at, finished_at)
     SELECT value ->> 'id', value ->> 'eventId', p.id, p.account_id, p.channel, value ->> 'state',
       iif(value ->> 'state' = 'pending', 'due', NULL), 0, ${testTime}, value ->> 'finishedAt'
     FROM json_each(?) JOIN endpoints p ON p.id = value ->> 'endpointId'`,
    JSON.stringify(deliveries),
  )
}

/** Removes what the two above put there. */
export function forgetAll(temp: TempLedger): void {
  for (const table of ['attempts', 'deliveries', 'events']) temp.change(`DELETE FROM ${table}`)
}

/** At most two of the properties: with more, hardly anything would match. */
export function anyOf<T extends object>(all: fc.Arbitrary<T>): fc.Arbitrary<Partial<T>> {
  return all.chain((whole) =>
    fc
      .subarray(Object.entries(whole), { maxLength: 2 })
      .map((some) => Object.fromEntries(some) as Partial<T>),
  )
}
