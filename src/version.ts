/** What kind of step a release is, seen from the release before it. */
export type Jump = 'first' | 'prerelease' | 'major' | 'minor' | 'patch'

// No two parts of it can match the same character, so it takes linear time on any text.
const pattern = /^[0-9]+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

/** Whether a text is a version number as Gem::Version takes it, with no blanks around it. */
export function isVersion(text: string): boolean {
  return pattern.test(text)
}

/**
 * Orders two version numbers as Gem::Version does: below zero when `a` is the lower one, 0 when they are equal
 * (`1.0` and `1`), above zero when `a` is the higher one.
 */
export function compareVersions(a: string, b: string): number {
  return compareKeys(sortKey(a), sortKey(b))
}

/** Whether a number stands for a prerelease: it contains a letter, or a hyphen, which means `.pre.`. */
export function isPrerelease(number: string): boolean {
  return /[a-zA-Z-]/.test(number)
}

/**
 * The highest of `liveNumbers` that is lower than `number`, or null when there is none. For a stable number
 * prereleases are passed over, unless nothing else is there.
 */
export function previousVersion(number: string, liveNumbers: readonly string[]): string | null {
  const key = sortKey(number)
  const lower = highestBelow(key, liveNumbers)
  if (lower === null || isPrerelease(number) || !isPrerelease(lower)) return lower
  return (
    highestBelow(
      key,
      liveNumbers.filter((live) => !isPrerelease(live)),
    ) ?? lower
  )
}

/** What kind of step `number` is after `previous`; null stands for "nothing came before". */
export function jump(number: string, previous: string | null): Jump {
  if (previous === null) return 'first'
  if (isPrerelease(number)) return 'prerelease'
  const now = releasePart(segments(number))
  const before = releasePart(segments(previous))
  const changed = now.findIndex((segment, i) => compareSegments(segment, before[i] ?? '0') !== 0)
  // 1.0.0 after 1.0.0.rc1: what it is follows from the number alone.
  return level(changed === -1 ? lastNonZero(now) : changed)
}

/** A number's segments without the zeros before the first letter: in Gem::Version's eyes `1.0.a` is `1.a`. */
function sortKey(number: string): string[] {
  const all = segments(number)
  const release = releasePart(all)
  return [...release.slice(0, lastNonZero(release) + 1), ...all.slice(release.length)]
}

function compareKeys(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = compareSegments(a[i] ?? '0', b[i] ?? '0')
    if (order !== 0) return order
  }
  return 0
}

function highestBelow(key: readonly string[], numbers: readonly string[]): string | null {
  let best: { number: string; key: string[] } | null = null
  for (const number of numbers) {
    const candidate = { number, key: sortKey(number) }
    if (compareKeys(candidate.key, key) >= 0) continue
    if (best === null || compareKeys(candidate.key, best.key) > 0) best = candidate
  }
  return best?.number ?? null
}

function releasePart(all: string[]): string[] {
  const firstLetter = all.findIndex((segment) => !isNumeric(segment))
  return firstLetter === -1 ? all : all.slice(0, firstLetter)
}

function segments(number: string): string[] {
  return number.replaceAll('-', '.pre.').match(/[0-9]+|[a-zA-Z]+/g) ?? []
}

function compareSegments(a: string, b: string): number {
  if (a === b) return 0
  if (isNumeric(a) !== isNumeric(b)) return isNumeric(a) ? 1 : -1
  return isNumeric(a) ? compareNumerals(a, b) : compareText(a, b)
}

/** By length and then digit by digit: a number may have more digits than a double can hold. */
function compareNumerals(a: string, b: string): number {
  const left = withoutLeadingZeros(a)
  const right = withoutLeadingZeros(b)
  return left.length - right.length || compareText(left, right)
}

function withoutLeadingZeros(numeral: string): string {
  return numeral.startsWith('0') ? numeral.replace(/^0+/, '') : numeral
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function isNumeric(segment: string): boolean {
  return segment >= '0' && segment < ':'
}

function lastNonZero(numerals: readonly string[]): number {
  return numerals.findLastIndex((numeral) => /[1-9]/.test(numeral))
}

function level(segment: number): Jump {
  if (segment <= 0) return 'major'
  return segment === 1 ? 'minor' : 'patch'
}
