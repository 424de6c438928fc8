/**
 * Names that a person may have meant who wrote `wanted`: at most two letters added, left out, exchanged or swapped with
 * their neighbour, or one in a name of fewer than five. Case, `-` and `_` make no difference. Nearest first, then shorter,
 * then by alphabet; never `wanted` itself.
 */
export function nearNames(wanted: string, names: Iterable<string>, most = 3): string[] {
  const target = folded(wanted)
  const limit = target.length < 5 ? 1 : 2
  const near = new Map<string, number>()
  for (const name of names) {
    // Folding makes a name only shorter, so most names need no more than this.
    if (name.length < target.length - limit || name === wanted) continue
    const distance = distanceBetween(target, folded(name), limit)
    if (distance <= limit) near.set(name, distance)
  }
  return [...near]
    .sort(byNearness)
    .slice(0, most)
    .map(([name]) => name)
}

function folded(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '')
}

/**
 * The Damerau-Levenshtein distance (no letter edited twice) of what follows `i` and `j`, or infinity beyond the limit.
 * With so small a limit, trying each edit where the names part is quicker than filling a table.
 */
function distanceBetween(from: string, to: string, limit: number, i = 0, j = 0): number {
  while (i < from.length && j < to.length && from.charCodeAt(i) === to.charCodeAt(j)) {
    i++
    j++
  }
  const left = from.length - i
  const right = to.length - j
  if (Math.abs(left - right) > limit) return Number.POSITIVE_INFINITY
  if (left === 0 || right === 0) return left + right
  if (limit === 0) return Number.POSITIVE_INFINITY
  const swapped = from[i] === to[j + 1] && from[i + 1] === to[j]
  return (
    1 +
    Math.min(
      distanceBetween(from, to, limit - 1, i + 1, j + 1),
      distanceBetween(from, to, limit - 1, i + 1, j),
      distanceBetween(from, to, limit - 1, i, j + 1),
      swapped ? distanceBetween(from, to, limit - 1, i + 2, j + 2) : Number.POSITIVE_INFINITY,
    )
  )
}

function byNearness([a, nearA]: [string, number], [b, nearB]: [string, number]): number {
  return nearA - nearB || a.length - b.length || (a < b ? -1 : 1)
}
