import { called } from '../receive/explanation-text.js'
import type { Reason } from '../receive/reasons.js'
import type { Calibrating } from './calibrate.js'

/** What a calibration found, in sentences for a person. `host` is the upstream's. */
export function calibrationReport({ seen, explanation, accepted }: Calibrating, host: string): string[] {
  if (explanation.verdict === 'match')
    return [
      `${host} signs the webhooks of this account with ${called(explanation.maker)}.`,
      ...explanation.notes,
      accepted ? 'The receiver verifies them.' : unknownHere,
    ]
  const { maker, reasons } = explanation
  return [
    `${host} sent a test message about ${seen.name} ${seen.version}, which the receiver would refuse.`,
    ...(maker === null ? [] : [`It was made with ${called(maker)}.`]),
    ...reasons.flatMap((reason) => [reason.finding, adviceFor(reason)]),
  ]
}

const unknownHere =
  'The receiver does not know it: put it into RUBYGEMS_API_KEYS of the server, and start the server again.'

/** Here the usual advice, to calibrate, would lead in a circle. */
function adviceFor({ code, advice }: Reason): string {
  return code === 'unknown_secret' || code === 'no_secrets' ? whereToFind : advice
}

/** protocol/rubygems-webhooks.md §10.1 */
const whereToFind =
  'Put the right one into RUBYGEMS_API_KEYS. An account of old has it in the feed link of its dashboard on RubyGems.org, /dashboard.atom?api_key=…; else it is the text of the account’s oldest API key, even if that has expired or was deleted. Where neither can be had, reset the password there with "Reset my API key" ticked: the feed link then has a new one.'
