import { setImmediate } from 'node:timers/promises'
import { yamlList } from '../yaml.js'
import type { Call } from './parts.js'

/**
 * A list as JSON or YAML, byte for byte as if it were written at once, in slices between which others get their turn.
 * A payload is made only when its turn comes, and not kept. Throws when `gone` aborts.
 */
export async function writeList<Entry>(
  entries: readonly Entry[],
  payloadOf: (entry: Entry) => object,
  { format, gone }: Pick<Call, 'format' | 'gone'>,
): Promise<Buffer[]> {
  const slices: Buffer[] = []
  let slice = ''
  for (const piece of write[format](payloads(entries, payloadOf))) {
    slice += piece
    if (slice.length < sliceLength) continue
    slices.push(Buffer.from(slice))
    slice = ''
    await setImmediate()
    gone.throwIfAborted()
  }
  return [...slices, Buffer.from(slice)]
}

/** In UTF-16 code units. By length and not by number: payloads may have a few hundred bytes each, or a megabyte. */
const sliceLength = 16_384

const write = { json: jsonList, yaml: yamlList }

function* jsonList(items: Iterable<object>): Generator<string> {
  let before = '['
  for (const item of items) {
    yield `${before}${JSON.stringify(item)}`
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}

function* payloads<Entry>(entries: readonly Entry[], payloadOf: (entry: Entry) => object): Generator<object> {
  for (const entry of entries) yield payloadOf(entry)
}
