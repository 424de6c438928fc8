import { startSlackSink } from '../../test/helpers/slack-sink.js'
import { type SmtpSink, startSmtpSink } from '../../test/helpers/smtp-sink.js'
import { type InProcess, startInProcess } from '../in-process.js'
import {
  type Expected,
  longMailCases,
  longSlackCases,
  type MailCase,
  mailCases,
  type SlackCase,
  slackCases,
} from '../outcome-cases.js'
import { type Check, check, type Finding, type Row } from '../row.js'
import { burstToSlack } from '../slack-burst.js'

export interface MailAndSlackFaults {
  /** Cases that take long, too. */
  thorough: boolean
  /** Messages of the burst; each takes a second. */
  burst: number
}

/** Row 7: mail servers and Slack-like receivers that refuse, drop, hang and limit. */
export const mailAndSlackFaults: Row<MailAndSlackFaults> = {
  number: 7,
  fault: 'mail server and Slack refuse, drop, hang, limit',
  long: { thorough: true, burst: 100 },
  quick: { thorough: true, burst: 15 },
  run: refuseMailAndSlack,
}

const mostRefused = 2
/** A few messages must meet no refusal at all. */
const messagesForEach = 5

export async function refuseMailAndSlack({ thorough, burst }: MailAndSlackFaults): Promise<Finding> {
  const bursting = burstToSlack(burst)
  const mails = thorough ? [...mailCases, ...longMailCases] : mailCases
  const slacks = thorough ? [...slackCases, ...longSlackCases] : slackCases
  const tried = await tryCases(mails, slacks, thorough ? day * 2 : minute * 11)
  const { accepted, delivered, repeated, refused } = await bursting
  const most = Math.min(mostRefused, Math.floor(burst / messagesForEach))
  const sum = (of: (one: Watched) => number) => tried.watched.reduce((total, one) => total + of(one), 0)
  return {
    done: `${mails.length} faults of SMTP, ${slacks.length} of Slack; a burst of ${burst}`,
    accepted: accepted + tried.accepted,
    delivered: delivered + sum(({ taken }) => taken()),
    lost: accepted - delivered + sum(({ owed, taken }) => Math.max(0, owed - taken())),
    // Most come more often than once on purpose; those of the burst must not.
    repeated: null,
    checks: [
      ...checksOf(tried.watched),
      check('messages of the burst repeated 0', repeated, repeated === 0),
      check('same Message-ID on repeats', tried.identity.found, tried.identity.same),
      check(`${burst} messages in a burst all arrive`, delivered, delivered === burst),
      check(`at most ${most} answers of 429 meanwhile`, refused, refused <= most),
    ],
  }
}

const minute = 60_000
const day = 24 * 60 * minute

/** A message that something was done to, and when it came (ms since the release). */
interface Watched extends Expected {
  name: string
  times: number[]
  /** Length of the step of the clock with which it came, ms. */
  steps: number[]
  /** How often anything came. */
  came(): number
  /** Messages that were taken. */
  taken(): number
  /** Messages that should be taken in the end: about the release that was refused at first, and the one after it. */
  owed: number
}

interface Tried {
  accepted: number
  watched: Watched[]
  identity: { found: string; same: boolean }
}

/** Posts a release that meets the faults, lets `lengthMs` pass on the server's clock, and posts another one. */
async function tryCases(mails: MailCase[], slacks: SlackCase[], lengthMs: number): Promise<Tried> {
  const smtp = await startSmtpSink()
  const sinks = await Promise.all(slacks.map(() => startSlackSink()))
  // It stands still unless it is moved, so that nobody waits for a retry.
  const clock = { ms: Date.UTC(2026, 10, 20) }
  const tell = () => clock.ms
  const settings = { SMTP_URL: smtp.url, MAIL_FROM: 'Gems <gems@example.com>' }
  const server = await startInProcess({ now: tell, elapsed: tell }, settings)
  try {
    const watched: Watched[] = []
    for (const [index, one] of mails.entries()) watched.push(await watchMail(one, index, smtp, server))
    for (const [index, one] of slacks.entries()) {
      const { url, requests, posts, answerNext } = sinks[index] as (typeof sinks)[number]
      answerNext(...one.answers)
      await server.client.addHook(url, { channel: 'slack' })
      watched.push(watch(one, { came: () => requests.length, taken: () => posts.length }))
    }
    await server.client.post()
    await letPass(server, clock, watched, lengthMs)
    await server.client.post()
    await server.settleWholly()
    const accepted = server.client.accepted.size
    return { accepted, watched, identity: identityOf(smtp) }
  } finally {
    await server.end()
    await Promise.all([smtp.close(), ...sinks.map((sink) => sink.close())])
  }
}

async function watchMail(one: MailCase, index: number, smtp: SmtpSink, server: InProcess): Promise<Watched> {
  const recipient = `case-${index}@example.com`
  smtp.reply(one.stage, one.reply, { recipient, times: one.times })
  await server.client.addHook(`mailto:${recipient}`)
  const own = () => smtp.mails.filter(({ envelope }) => envelope.to.includes(recipient))
  return watch(one, {
    came: () => own().length,
    taken: () => own().filter(({ reply }) => reply === 'accept').length,
  })
}

function watch(expected: Expected & { name: string }, counts: Pick<Watched, 'came' | 'taken'>): Watched {
  const first = expected.end === 'delivered' ? 1 : 0
  const second = expected.disabled ? 0 : 1
  return { ...expected, ...counts, times: [], steps: [], owed: first + second }
}

const shortestStepMs = 400
const stepGrowth = 0.06

/** The steps grow with the time that has passed: what is waited for is longer every time. */
async function letPass(
  server: InProcess,
  clock: { ms: number },
  watched: Watched[],
  lengthMs: number,
): Promise<void> {
  const begun = clock.ms
  const note = (stepMs: number) => {
    for (const { times, steps, came } of watched)
      while (times.length < came()) {
        times.push(clock.ms - begun)
        steps.push(stepMs)
      }
  }
  await server.settleWholly()
  note(0)
  while (clock.ms - begun < lengthMs) {
    const stepMs = Math.max(shortestStepMs, Math.round((clock.ms - begun) * stepGrowth))
    clock.ms += stepMs
    await server.settleWholly()
    note(stepMs)
  }
}

function checksOf(watched: readonly Watched[]): Check[] {
  const wrong = watched.filter((one) => !cameAsExpected(one))
  const must = 'every outcome, wait and end as specified'
  return [
    check(must, `${watched.length - wrong.length} of ${watched.length}`, wrong.length === 0),
    ...wrong.map((one) => check(one.name, described(one), false)),
  ]
}

function cameAsExpected({ waits, times, steps, came, taken, owed, disabled }: Watched): boolean {
  const inTime = waits.every(([least, most], index) => {
    const wait = (times[index] ?? Number.NaN) - (times[index - 1] ?? 0)
    return wait >= least * 1000 && wait <= most * 1000 + (steps[index] ?? 0)
  })
  const later = disabled ? 0 : 1
  return inTime && times.length === waits.length && came() === times.length + later && taken() === owed
}

function described({ times, came, taken, owed }: Watched): string {
  const at = times.map((time) => `${time / 1000} s`).join(', ')
  return `came ${came()} times, at ${at || 'no time'}; ${taken()} of ${owed} taken`
}

/** Every message about one release to one recipient has one Message-ID, and no other message has it. */
function identityOf({ mails }: SmtpSink): Tried['identity'] {
  const idsOf = new Map<string, Set<string>>()
  for (const { envelope, email } of mails) {
    const about = `${envelope.to.join()} ${email.subject}`
    idsOf.set(about, (idsOf.get(about) ?? new Set()).add(email.messageId ?? ''))
  }
  const ids = [...idsOf.values()].flatMap((each) => [...each])
  const same = ids.length === idsOf.size && new Set(ids).size === ids.length && !ids.includes('')
  return { found: `${mails.length} mails, ${idsOf.size} messages, ${new Set(ids).size} ids`, same }
}
