import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { writeList } from '../../src/catalog/list.js'
import { gemAndVersionPayload, gemPayload, searchHit, versionPayload } from '../../src/catalog/payloads.js'
import type { CatalogRelease } from '../../src/ledger/catalog.js'
import type { HookRow } from '../../src/ledger/hooks.js'
import { listingJson, listingYaml } from '../../src/manage/listing.js'
import { payloadKeys } from '../../src/payload.js'
import { yamlDocument } from '../../src/yaml.js'
import { fragments, type HostileRelease, hostileRelease } from './hostile-payloads.js'

const gone = new AbortController().signal

// Of all that JSON can hold, YAML lacks only halves of surrogate pairs.
const wellFormed = (json: string) => JSON.parse(json.replace(/\\\\|\\ud[89a-f][0-9a-f]{2}/g, keepBackslash))
const keepBackslash = (found: string) => (found === '\\\\' ? found : '\ufffd')

const read = (yaml: string) => parse(yaml, { version: '1.1', maxAliasCount: 0, merge: false })

// To RubyGems.org's writer, and so to ours, these end a line, as YAML 1.1 has it; the reader of these tests, like YAML 1.2,
// takes them for characters.
const separators = /[\u2028\u2029]|\\u202[89]/g

const only = (keys: readonly string[], facts: Record<string, unknown>) => keys.map((key) => facts[key])

function catalogRelease({ message }: HostileRelease): CatalogRelease {
  const { platform, yanked } = JSON.parse(message.body)
  return {
    gemName: message.gemName,
    number: message.number,
    platform,
    yanked,
    createdAt: message.occurredAt,
    payload: Buffer.from(message.body),
  } as CatalogRelease
}

it('lists releases with hostile payloads as valid JSON and YAML that say exactly what came in', async () => {
  const shapes = [gemPayload, versionPayload, gemAndVersionPayload, searchHit]
  await fc.assert(
    fc.asyncProperty(hostileRelease, fc.constantFrom(...shapes), async (release, shape) => {
      const entry = catalogRelease(release)
      const sent = JSON.parse(release.message.body)
      const json = Buffer.concat(await writeList([entry], shape, { format: 'json', gone })).toString()
      const [listed] = JSON.parse(json)
      const keys = payloadKeys.filter((key) => key in listed && key !== 'version_created_at')
      expect(only(keys, listed)).toEqual(only(keys, sent))
      entry.payload = Buffer.from(release.message.body.replace(separators, ''))
      const yaml = Buffer.concat(await writeList([entry], shape, { format: 'yaml', gone })).toString()
      expect(read(yaml)).toEqual([wellFormed(JSON.stringify(shape(entry)))])
      expect(read(yamlDocument(shape(entry)))).toEqual(wellFormed(JSON.stringify(shape(entry))))
    }),
    { numRuns: 500 },
  )
})

it('lists hooks with hostile names and URLs as valid JSON and YAML that say exactly what was registered', () => {
  const hostile = fc
    .array(fc.constantFrom(...fragments), { maxLength: 3 })
    .map((parts) => parts.join('').replace(separators, ''))
  // No name with half a surrogate pair is let in: in YAML two of them would be the same.
  const gemName = hostile.map((name) => name.replace(/\p{Cs}/gu, ''))
  const hook: fc.Arbitrary<HookRow> = fc.record({ gemName, url: hostile, failureCount: fc.nat() })
  fc.assert(
    fc.property(fc.array(hook, { maxLength: 5 }), (hooks) => {
      const json = listingJson(hooks)
      expect(Object.values(JSON.parse(json)).flat()).toHaveLength(hooks.length)
      expect(read(listingYaml(hooks))).toEqual(wellFormed(json))
    }),
    { numRuns: 500 },
  )
})
