/** The path and query of an address on this server; `/` for everything that could lead elsewhere. */
export function localPath(to: string | null | undefined): string {
  // Browsers read a backslash as a slash, so `/\evil.example` would lead to another host, and they drop line breaks.
  if (to == null || to.length > longest || !/^\/(?![/\\])[!-~]*$/.test(to)) return '/'
  const { origin, pathname, search } = new URL(to, here)
  return origin === here && !pathname.startsWith('//') ? `${pathname}${search}` : '/'
}

const longest = 2_000
const here = 'http://here.invalid'
