import { z } from 'zod'
import { onePage } from '../web/one-page.js'
import { countField } from './fields.js'

const limit = countField(200, 50).describe('How many there are to be.')

/** Parameters of a list whose cursor is an id. */
export const idPageFields = { limit, cursor: cursorField((text) => numbersIn(text, 1)?.[0]) }

/** The same for a list of deliveries by event: both ids. */
export const deliveryPageFields = {
  limit,
  cursor: cursorField((text) => {
    const [eventId, id] = numbersIn(text, 2) ?? []
    return eventId === undefined || id === undefined ? undefined : { eventId, id }
  }),
}

/** The same for a list whose cursor is a name. */
export const namePageFields = { limit, cursor: cursorField((text) => text) }

function cursorField<Place>(placeIn: (text: string) => Place | undefined) {
  return z
    .string()
    .transform((cursor, context) => {
      const place = readCursor(cursor)
      const read = place === undefined ? undefined : placeIn(place)
      if (read !== undefined) return read
      context.addIssue({ code: 'custom', message: 'must be the "next" of an answer' })
      return z.NEVER
    })
    .exactOptional()
    .describe('The `next` of the page before; the first page without it.')
}

/** The end of a list's answer. */
export const nextField = z
  .string()
  .nullable()
  .describe('The `cursor` that the list goes on with; null: that was all.')

/** One page: `read` gives so many rows, `placeOf` what a row's place in the list is told by. */
export function pageOf<Row>(
  limit: number,
  read: (limit: number) => Row[],
  placeOf: (row: Row) => number | string,
): { rows: Row[]; next: string | null } {
  const { rows, last } = onePage(limit, read)
  return { rows, next: last && writeCursor(`${placeOf(last)}`) }
}

/** The cursor for what comes after a place in a list. Nobody needs to know what it is made of, so that it can change. */
export function writeCursor(place: string): string {
  return Buffer.from(place).toString('base64url')
}

function readCursor(cursor: string): string | undefined {
  const place = Buffer.from(cursor, 'base64url').toString()
  // What is not written like this was not written here.
  return place !== '' && writeCursor(place) === cursor ? place : undefined
}

function numbersIn(place: string, size: number): number[] | undefined {
  const numbers = place.split('.').map(Number)
  const usable =
    numbers.length === size && numbers.every((number) => Number.isSafeInteger(number) && number > 0)
  return usable && numbers.join('.') === place ? numbers : undefined
}
