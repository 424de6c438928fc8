import type { HttpAnswer } from '../test/helpers/http-sink.js'
import type { SmtpReply, SmtpStage } from '../test/helpers/smtp-sink.js'

/** What becomes of a message whose first tries end in a certain way (issue 2 §4 and §6). */
export interface Expected {
  /**
   * From the release, then from one arrival to the next, at least and at most, s: each time that the message comes, also
   * where it is refused.
   */
  waits: readonly (readonly [number, number])[]
  end: 'delivered' | 'dead'
  /** The endpoint gets nothing any more. */
  disabled?: boolean
}

/** How an SMTP server treats the first messages to one recipient. */
export interface MailCase extends Expected {
  name: string
  stage: SmtpStage
  reply: SmtpReply
  times: number
}

/** How a Slack-like receiver answers the first messages to one webhook. */
export interface SlackCase extends Expected {
  name: string
  answers: (HttpAnswer | 'hang' | 'drop')[]
}

const atOnce = [0, 0] as const
const seconds = (length: number) => [length * 0.8, length * 1.2] as const
const exactly = (length: number) => [length, length] as const
const minutes = (length: number) => seconds(length * 60)
const hours = (length: number) => minutes(length * 60)
/** The schedule of issue 2 §4. */
const schedule = [seconds(5), minutes(5), minutes(30), hours(2), hours(5), hours(10), hours(10)]
const retried = (times: number): Expected => ({
  waits: [atOnce, ...schedule.slice(0, times)],
  end: 'delivered',
})
const dead: Expected = { waits: [atOnce], end: 'dead' }
const reply = (code: number, text: string): SmtpReply => ({ code, text })

/** For the SMTP server. */
export const mailCases: MailCase[] = [
  { name: 'drops after DATA', stage: 'data', reply: 'drop', times: 1, ...retried(1) },
  {
    name: '451 to the message, twice',
    stage: 'data',
    reply: reply(451, '4.3.0 Try again'),
    times: 2,
    ...retried(2),
  },
  { name: '421 to the message', stage: 'data', reply: reply(421, '4.3.2 Closing'), times: 1, ...retried(1) },
  { name: '550 to the message', stage: 'data', reply: reply(550, '5.7.1 No'), times: 1, ...dead },
  // A recipient that is refused gets nothing to count.
  {
    name: '451 to the recipient',
    stage: 'rcpt',
    reply: reply(451, '4.2.1 Greylisted'),
    times: 1,
    waits: [seconds(5)],
    end: 'delivered',
  },
  {
    name: '550 to the recipient',
    stage: 'rcpt',
    reply: reply(550, '5.1.1 Unknown'),
    times: 1,
    waits: [],
    end: 'dead',
  },
]

/** For the SMTP server, where there is time: one takes 15 s, and the other a day of the server's clock. */
export const longMailCases: MailCase[] = [
  { name: 'hangs after DATA', stage: 'data', reply: 'hang', times: 1, ...retried(1) },
  {
    name: '451 for ever',
    stage: 'data',
    reply: reply(451, '4.3.0 Try again'),
    times: 8,
    waits: [atOnce, ...schedule],
    end: 'dead',
  },
]

/** For the Slack-like receiver. */
export const slackCases: SlackCase[] = [
  { name: '429, Retry-After 30', answers: [limited('30')], waits: [atOnce, exactly(30)], end: 'delivered' },
  { name: '429, Retry-After 2', answers: [limited('2')], ...retried(1) },
  {
    name: '429 twice, Retry-After 90',
    answers: [limited('90'), limited('400')],
    waits: [atOnce, exactly(90), exactly(400)],
    end: 'delivered',
  },
  {
    name: '429 without Retry-After',
    answers: [{ status: 429, body: 'rate_limited' }],
    waits: [atOnce, exactly(60)],
    end: 'delivered',
  },
  { name: '404 no_service', answers: [{ status: 404, body: 'no_service' }], ...dead },
  { name: '410 no_service', answers: [{ status: 410, body: 'no_service' }], ...dead, disabled: true },
  {
    name: '410 channel_is_archived',
    answers: [{ status: 410, body: 'channel_is_archived' }],
    ...dead,
    disabled: true,
  },
  { name: '403 action_prohibited', answers: [{ status: 403, body: 'action_prohibited' }], ...dead },
  { name: '400 invalid_payload', answers: [{ status: 400, body: 'invalid_payload' }], ...dead },
  { name: '400 in other words', answers: [{ status: 400, body: 'odd_moment' }], ...retried(1) },
  { name: '500', answers: [{ status: 500, body: 'rollup_error' }], ...retried(1) },
  {
    name: '500 no_service, twice',
    answers: [{ status: 500, body: 'no_service' }, { status: 503 }],
    ...retried(2),
  },
  { name: 'drops', answers: ['drop'], ...retried(1) },
]

/** For the Slack-like receiver, where there is time. */
export const longSlackCases: SlackCase[] = [
  { name: 'hangs', answers: ['hang'], ...retried(1) },
  {
    name: '429, Retry-After 1800',
    answers: [limited('1800')],
    waits: [atOnce, exactly(1800)],
    end: 'delivered',
  },
  {
    name: '429, Retry-After of a day',
    answers: [limited('86400')],
    waits: [atOnce, exactly(3600)],
    end: 'delivered',
  },
  {
    name: '500 for ever',
    answers: Array.from({ length: 8 }, () => ({ status: 500 })),
    waits: [atOnce, ...schedule],
    end: 'dead',
  },
]

function limited(retryAfter: string): HttpAnswer {
  return { status: 429, headers: { 'retry-after': retryAfter }, body: 'rate_limited' }
}
