import type { Refusal } from './authorization.js'

/** What a refused sender is told, and what the operator reads in the log. Neither ever holds a secret. */
export const refusals: Record<Refusal, { error: string; advice: string }> = {
  no_secrets: {
    error: 'No secret is configured here, so no webhook can be verified.',
    advice: 'no secret is configured; set RUBYGEMS_API_KEYS',
  },
  missing: {
    error: 'The Authorization header is missing.',
    advice: 'the Authorization header is missing; check whether a proxy in front of gemherald drops it',
  },
  not_hex: {
    error: 'The Authorization header must be 64 hexadecimal digits; it holds something else.',
    advice:
      'the Authorization header is not hexadecimal; check whether a proxy in front of gemherald rewrites it',
  },
  length: {
    error: 'The Authorization header must be 64 hexadecimal digits; it has another length.',
    advice: 'the Authorization header has not 64 digits; check whether a proxy in front of gemherald cuts it',
  },
  empty_secret: {
    error: 'The Authorization header was made with an empty secret, which proves nothing.',
    advice:
      'the sender signs with an empty secret, so its RubyGems.org account has no usable key; create an API key there and configure it in RUBYGEMS_API_KEYS',
  },
  wrong: {
    error: 'The Authorization header does not match this name and version with any configured secret.',
    advice:
      "no secret in RUBYGEMS_API_KEYS made this Authorization; RubyGems.org signs with the account's old API key or with the SHA-256 of its first key, not with the key that registered the hook",
  },
  token: {
    error: 'The path does not end in the receiver token.',
    advice:
      'the path does not end in GEMHERALD_RECEIVER_TOKEN; check the URL that is registered on RubyGems.org',
  },
  ticket: {
    error: 'The calibration ticket is not good, or no longer.',
    advice:
      'the calibration ticket is expired, or was made with another GEMHERALD_SECRET; run `gemherald upstream calibrate` again, with the settings that the server has',
  },
}
