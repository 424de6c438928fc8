import type { Calibrated } from '../receive/calibration.js'
import { type Explanation, explainAuthorization, type NamedSecret } from '../receive/explain.js'
import type { WebHooks } from '../rubygems/web-hooks.js'
import { findCalibrated } from './calibrated-answer.js'
import { type CalibrationProblem, whyUnseen } from './calibration-failure.js'

/** What a calibration needs. */
export interface CalibrateParts {
  webHooks: Pick<WebHooks, 'fire'>
  /** Of our own receiver, as the world reaches it. The server must be running. */
  receiverUrl: string
  /** Of this installation, see `createCalibration`. */
  ticket: string
  /** `*` lets the upstream choose. */
  gemName: string
  /** What the receiver verifies with. */
  secrets: readonly NamedSecret[]
  /** What else it may be: a key that the receiver does not know. */
  others: readonly NamedSecret[]
}

/** What arrived at our receiver, and what it was signed with. */
export interface Calibrating {
  seen: Calibrated
  explanation: Explanation
  /** Whether the receiver accepts what is signed like this. */
  accepted: boolean
}

/** A `Result` whose problem tells what the upstream said. */
export type CalibrationResult = { ok: true; value: Calibrating } | { ok: false; problem: CalibrationProblem }

/**
 * Has the upstream fire at our own receiver, and explains what it signs with (protocol/rubygems-webhooks.md §12.11).
 * Nothing is registered or kept. Fails, with what to do, when the upstream did not fire or what it fired did not arrive.
 */
export async function calibrate(parts: CalibrateParts): Promise<CalibrationResult> {
  const { webHooks, receiverUrl, ticket, gemName } = parts
  const fired = await webHooks.fire({ gemName, url: `${receiverUrl}?calibrate=${ticket}` })
  const text = fired.ok ? fired.value : fired.problem.text
  const seen = findCalibrated(text ?? '', ticket)
  return seen === null
    ? { ok: false, problem: whyUnseen(fired, receiverUrl) }
    : { ok: true, value: explainSeen(seen, parts) }
}

function explainSeen(seen: Calibrated, { secrets, others }: CalibrateParts): Calibrating {
  const { name, version: number, authorization } = seen
  const claim = { name, number, authorization, otherNumbers: [] }
  const explanation = explainAuthorization({ ...claim, secrets })
  const accepted = explanation.verdict === 'match'
  if (accepted || others.length === 0) return { seen, explanation, accepted }
  return { seen, explanation: explainAuthorization({ ...claim, secrets: [...secrets, ...others] }), accepted }
}
