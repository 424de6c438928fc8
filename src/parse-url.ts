/**
 * A text as a URL; null when it is none. `URL.canParse` may not be asked: on Node 20, once it has been called some
 * thousand times, it denies every URL with a letter between U+0080 and U+00FF.
 */
export function parseUrl(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}
