import { label as visible } from '../plain-text.js'
import { type Recipe, rightRecipe, sha256, wrongRecipes } from './digest-recipes.js'
import { type Reading, readHeader, unpacked } from './header-readings.js'
import { otherSplits } from './other-splits.js'
import {
  altered,
  emptySecret,
  type Maker,
  malformed,
  missing,
  noSecrets,
  otherwiseMade,
  type Reason,
  secretItself,
  unknownSecret,
} from './reasons.js'

/** An `Authorization` header, what it is said to be about, and what it may have been made with. */
export interface Claim {
  name: string
  /** The version number as the webhook's body has it. */
  number: string
  /** Null when there was none. */
  authorization: string | null
  secrets: readonly NamedSecret[]
  /** Numbers of the gem that the ledger knows. */
  otherNumbers: readonly string[]
}

/** A secret and what people are told of it, such as `RUBYGEMS_API_KEYS[1]`. The text itself is never shown. */
export interface NamedSecret {
  label: string
  text: string
}

/** The configured secrets (`Config.rubygemsKeys`), called what people find them by. */
export function configuredSecrets(texts: readonly string[]): NamedSecret[] {
  return texts.map((text, at) => ({ label: `RUBYGEMS_API_KEYS[${at + 1}]`, text }))
}

/** Why a header is accepted, or why not. Holds no secret. */
export type Explanation =
  | { verdict: 'match'; maker: Maker; notes: string[] }
  /** `maker`: the configured secret that made it all the same, or null. There is a reason at least, the main one first. */
  | { verdict: 'no match'; maker: Maker | null; reasons: Reason[] }

/** Explains what the receiver makes of an `Authorization` header: a match is exactly what its verifier accepts. */
export function explainAuthorization(claim: Claim): Explanation {
  const header = claim.authorization ?? ''
  const candidates = candidatesIn(claim.secrets)
  const reading = readHeader(header)
  const origin = reading === null ? null : findOrigin(reading, claim, candidates)
  const reasons = origin === null ? whyUnknown(header, reading, candidates) : whatIsWrong(origin)
  const maker = origin === null ? null : origin.candidate.maker
  if (maker === null || reasons.length > 0) return { verdict: 'no match', maker, reasons }
  return { verdict: 'match', maker, notes: notesOn(header, maker, claim) }
}

interface Candidate {
  /** What is hashed behind name and number. */
  text: string
  /** Null for the empty secret, which nobody can configure. */
  maker: Maker | null
}

/** Blank secrets are left out, as the receiver leaves them out. */
function candidatesIn(secrets: readonly NamedSecret[]): Candidate[] {
  return secrets
    .map(({ label, text }) => ({ label, text: text.trim() }))
    .filter(({ text }) => text !== '')
    .flatMap(({ label, text }): Candidate[] => [
      { text, maker: { label, derivation: 'as it stands' } },
      { text: sha256(text), maker: { label, derivation: 'SHA-256 of it' } },
    ])
}

/** How a digest came about. */
interface Origin {
  reading: Reading
  recipe: Recipe
  candidate: Candidate
}

// What is compared in passing is no secret from the one who asks: the explanation tells more than any timing could.
function findOrigin(reading: Reading, claim: Claim, candidates: readonly Candidate[]): Origin | null {
  const all: Candidate[] = [{ text: '', maker: null }, ...candidates]
  for (const recipe of [rightRecipe(claim), ...wrongRecipes(claim)])
    for (const candidate of all)
      if (recipe.digest(candidate.text).startsWith(reading.digits)) return { reading, recipe, candidate }
  return null
}

function whatIsWrong({ reading, recipe, candidate }: Origin): Reason[] {
  return [...(candidate.maker === null ? [emptySecret] : []), ...otherwiseMade(recipe), ...altered(reading)]
}

/** Why no secret can be named. */
function whyUnknown(header: string, reading: Reading | null, candidates: readonly Candidate[]): Reason[] {
  if (header.trim() === '') return [missing]
  const texts = [header, unpacked(header)]
  const bare = candidates.find(
    ({ text }) => text.length >= shortestBare && texts.some((one) => one.includes(text)),
  )
  if (bare?.maker) return [secretItself(bare.maker)]
  const form = reading === null ? malformed(header) : altered(reading)
  return candidates.length === 0 ? [noSecrets, ...form] : reading === null ? form : [...form, unknownSecret]
}

const shortestBare = 8

/** What is worth knowing about a header that is accepted. */
function notesOn(header: string, { label, derivation }: Maker, claim: Claim): string[] {
  const { text = '' } = claim.secrets.find((secret) => secret.label === label) ?? {}
  return [
    ...(derivation === 'as it stands' ? asItStands(text.trim()) : [firstKey]),
    ...(/[A-F]/.test(header) ? [upperCase] : []),
    ...ambiguity(claim),
  ]
}

/** A name may be anything, a secret that was put into the wrong place included. */
function ambiguity(claim: Claim): string[] {
  const joined = claim.name + claim.number
  const isTold = claim.secrets.some(({ text }) => text.trim() !== '' && joined.includes(text.trim()))
  const others = isTold
    ? []
    : otherSplits(claim).map(({ name, number }) => `${visible(name, 255)} ${visible(number, 100)}`)
  if (others.length === 0) return []
  const most = others.slice(0, mostSplits).join(', ')
  return [
    `The very same Authorization stands for ${most} too, since name and version are hashed joined: confirm the claim with the upstream, as CONFIRM=prefer and CONFIRM=require do.`,
  ]
}

const mostSplits = 3

function asItStands(text: string): string[] {
  if (text.startsWith('rubygems_')) return [naive]
  if (/^[0-9a-f]{32}$/.test(text)) return [oldKey]
  return /^[0-9a-f]{64}$/.test(text) ? [readyMade] : []
}

const firstKey = 'RubyGems.org signs like this with the first key of an account that has no old API key.'
const oldKey = 'RubyGems.org signs like this for an account that has an old API key, of 32 digits.'
const readyMade =
  'RubyGems.org signs like this with what it keeps of the account’s first key: the SHA-256 of it.'
const naive =
  'RubyGems.org never signs with such a key as it stands, but with the SHA-256 of it: somebody’s script made this, as the published guide has it. gemherald accepts it all the same.'
const upperCase = 'Its digits are upper case, where RubyGems.org sends lower case. That makes no difference.'
