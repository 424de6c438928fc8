import type { Recipe } from './digest-recipes.js'
import type { Reading } from './header-readings.js'

/** What is hashed of a configured secret (protocol/rubygems-webhooks.md §10.1, §12.1). */
export type Derivation = 'as it stands' | 'SHA-256 of it'

/** Which secret made a header. */
export interface Maker {
  label: string
  derivation: Derivation
}

/** One thing that is wrong with a header: what was found, and what to do about it. Both are whole sentences. */
export interface Reason {
  code:
    | Exclude<Recipe['code'], 'right'>
    | 'missing'
    | 'no_secrets'
    | 'empty_secret'
    | 'secret_itself'
    | 'altered'
    | 'not_hex'
    | 'length'
    | 'unknown_secret'
  finding: string
  advice: string
}

/** The header is missing or blank (protocol/rubygems-webhooks.md §12.10). */
export const missing: Reason = {
  code: 'missing',
  finding: 'There is no Authorization header.',
  advice:
    'RubyGems.org always sends one. See whether a proxy in front of gemherald drops it, and have it passed on.',
}

/** Nothing is there to check it with. */
export const noSecrets: Reason = {
  code: 'no_secrets',
  finding: 'No secret is configured to check it with.',
  advice:
    'Set RUBYGEMS_API_KEYS. `gemherald upstream calibrate` says whether what you set is what RubyGems.org signs with.',
}

/** Case 3 of protocol/rubygems-webhooks.md §10.1. */
export const emptySecret: Reason = {
  code: 'empty_secret',
  finding: 'It was made with an empty secret, which proves nothing: anybody can compute it.',
  advice:
    'The RubyGems.org account behind the hook has no key to sign with. Create an API key there and put it into RUBYGEMS_API_KEYS.',
}

/** No candidate made it. */
export const unknownSecret: Reason = {
  code: 'unknown_secret',
  finding: 'No configured secret made it for this name and version, neither as it stands nor as its SHA-256.',
  advice:
    'RubyGems.org signs with the account’s old API key where there is one, else with the SHA-256 of the account’s first key, not with the key that registered the hook. `gemherald upstream calibrate` finds out whether you have the right one.',
}

/** A known secret made it, but not in the right way. None when it did. */
export function otherwiseMade({ code, made, advice }: Recipe): Reason[] {
  return code === 'right' ? [] : [{ code, finding: `It was made ${made}.`, advice }]
}

/** What a proxy, a script or a person did to the header. */
export function altered({ alterations }: Reading): Reason[] {
  if (alterations.length === 0) return []
  return [{ code: 'altered', finding: `It ${alterations.join(', and ')}.`, advice: unaltered }]
}

/** There is no digest in the header. */
export function malformed(header: string): Reason[] {
  const digits = header.trim()
  if (!/^[0-9a-f]+$/i.test(digits))
    return [
      {
        code: 'not_hex',
        finding: 'It is not hexadecimal, and nothing in it looks like a digest.',
        advice: unaltered,
      },
    ]
  return [{ code: 'length', finding: `It has ${digits.length} digits where 64 belong.`, advice: unaltered }]
}

/** The header is what should have been hashed. */
export function secretItself({ label, derivation }: Maker): Reason {
  return {
    code: 'secret_itself',
    finding: `It holds a secret itself (${label}, ${derivation}), not a digest made with it.`,
    advice:
      'Keys are sent like this to RubyGems.org’s API; a webhook carries SHA-256(name + version + secret). If this came over the network, replace the key: others may have seen it.',
  }
}

const unaltered =
  'RubyGems.org sends 64 hexadecimal digits and nothing else. Have whatever stands in front of gemherald pass the header on as it is.'
