import { authorizationFor } from '../helpers/webhooks.js'
import { claimOf, type HostileOptions, type HostileRequest } from './hostile-requests.js'
import type { WireAnswer } from './wire.js'

/** An answer that should not have been given. */
export interface Complaint {
  wrong: string[]
  answer: WireAnswer | null | undefined
  request: string
}

/** What is wrong with an answer; nothing when it is as it should be. An expectation for each would take most of the time. */
export function complaints(
  request: HostileRequest,
  answer: WireAnswer | null | undefined,
  options: HostileOptions,
): Complaint[] {
  const wrong = findWrong(request, answer, options)
  if (wrong.length === 0) return []
  return [{ wrong, answer, request: request.bytes.subarray(0, 3000).toString('latin1') }]
}

function findWrong(
  request: HostileRequest,
  answer: WireAnswer | null | undefined,
  { secrets, token }: HostileOptions,
): string[] {
  if (answer === null || answer === undefined) return ['the server hung up']
  const { status, head, body } = answer
  const rules: [string, boolean][] = [
    ['a 5xx', status < 500],
    ['a banner', !/x-powered-by|express/i.test(head)],
    ['a stack', !/\n\s*at |node_modules|\.[jt]s:\d/.test(body)],
    ['refused though it is genuine', !request.genuine || [200, 202, 400].includes(status)],
    ['no refusal in JSON', status < 400 || (request.bare ? body === '' : isRefusal(answer))],
    ['a 2xx without proof', status >= 400 || isProven(request, secrets)],
    ['a 2xx without the token', status >= 400 || token === null || request.target.includes(`/${token}`)],
    ['a ticket that is none taken', status >= 400 || !request.target.includes('calibrate=')],
    ['no such answer', status >= 400 || isReceipt(answer)],
  ]
  return rules.filter(([, holds]) => !holds).map(([title]) => title)
}

function isProven(
  { authorization: [first = ''], body }: HostileRequest,
  secrets: readonly string[],
): boolean {
  const [name, version] = claimOf(body)
  return secrets.some((secret) => authorizationFor(name, version, secret) === first.trim().toLowerCase())
}

function isRefusal({ head, body }: WireAnswer): boolean {
  return /\r\ncontent-type: application\/json; charset=utf-8/i.test(head) && /^\{"error":".+\."\}$/.test(body)
}

function isReceipt({ status, body }: WireAnswer): boolean {
  const pattern = {
    200: /^\{"status":"duplicate","event":\d+\}$/,
    202: /^\{"status":"accepted","event":\d+\}$/,
  }
  return pattern[status as keyof typeof pattern]?.test(body) === true
}
