import type { Problem } from '../../error.js'

/** Why a hook was not added, and what to do about it: the v1 API's own words say only the first. */
export function refusalText({ code, message }: Problem): string {
  if (code === 'not_found') return `${message} Check the spelling, or use * for every gem.`
  if (code !== 'invalid') return message
  // Where more is known, that says it better.
  const reasons = message.replace(/^Url does not appear to be a valid URL\. ?/, '')
  return reasons === ''
    ? 'No message can go to this address. Write https://…, mailto:… or inbox:NAME.'
    : reasons
}
