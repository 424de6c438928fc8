/** What is sent to the upstream and is never to be repeated. */
export interface Hidden {
  apiKey?: string
  otp?: string
  /** What the URL of our own receiver ends in. */
  receiverToken?: string
}

/**
 * Replaces what is hidden, as it is and percent-encoded, with `***`: an upstream, or a proxy before it, may repeat what it
 * was told, and its words are logged and shown.
 */
export function hider({ apiKey, otp, receiverToken }: Hidden): (text: string) => string {
  const patterns = [
    ...(apiKey ? [literal(apiKey), literal(encodeURIComponent(apiKey))] : []),
    // Short as they are, such codes and tokens could be a part of something else.
    ...(otp ? [`(?:(?<![0-9A-Za-z])|(?<=%[0-9A-Fa-f]{2}))${literal(otp)}(?![0-9A-Za-z])`] : []),
    ...(receiverToken ? [`(?<=webhooks${slash}rubygems${slash})${literal(receiverToken)}`] : []),
  ]
  if (patterns.length === 0) return (text) => text
  const pattern = new RegExp(patterns.join('|'), 'g')
  return (text) => text.replace(pattern, '***')
}

/** As it is, or percent-encoded any number of times. */
const slash = '(?:/|%(?:25)*2[Ff])'

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
