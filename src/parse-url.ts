/**
 * A text as a URL, seen from `base` if there is one; null when it is none. `URL.canParse` may not be asked: on Node 20,
 * once it has been called some thousand times, it denies every URL with a letter between U+0080 and U+00FF.
 */
export function parseUrl(text: string, base?: URL): URL | null {
  try {
    return new URL(text, base)
  } catch {
    return null
  }
}
