import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { testTime } from '../helpers/temp-ledger.js'
import { openStage, type Stage } from './stage.js'

let stage: Stage
let sink: HttpSink
beforeEach(async () => {
  sink = await startHttpSink()
  stage = await openStage({ missingMail: 'SMTP_URL and MAIL_FROM' })
})
afterEach(async () => {
  await stage.close()
  await sink.close()
})

const hook = (changes: Partial<{ gemName: string; url: string; channel: string | null }> = {}) => ({
  accountId: stage.temp.account(),
  gemName: 'rails',
  url: 'inbox:demo',
  channel: null,
  ...changes,
})
const show = (changes: Partial<{ gemName: string; kind: string | null; url: string }> = {}) =>
  stage.desk.preview({ accountId: stage.temp.account(), gemName: 'rails', kind: null, ...changes })
const refusal = (code: string, message: string) => ({ ok: false, problem: { code, message } })
const taken = 'A hook for inbox:demo has already been registered for rails.'

describe('registering', () => {
  it('says on which channel, and refuses the same hook', async () => {
    expect(await stage.desk.create(hook())).toEqual({ ok: true, value: { channel: 'inbox' } })
    expect(await stage.desk.create(hook())).toEqual(refusal('conflict', taken))
    expect(await stage.desk.create(hook({ gemName: '*' }))).toMatchObject({ ok: true })
    expect(await stage.desk.create(hook({ gemName: '*' }))).toEqual(
      refusal('conflict', 'A global hook for inbox:demo has already been registered.'),
    )
    expect(stage.temp.ledger.hooks.list(stage.temp.account())).toHaveLength(2)
  })

  it('takes a channel that suits', async () => {
    const slack = hook({ url: sink.url, channel: 'slack' })
    expect(await stage.desk.create(slack)).toEqual({ ok: true, value: { channel: 'slack' } })
  })

  it.each([
    [{ gemName: 'no-such-gem' }, 'not_found', 'This gem could not be found.'],
    [{ gemName: '' }, 'not_found', 'This gem could not be found.'],
    [{ url: '' }, 'invalid', "Url does not appear to be a valid URL. Url can't be blank."],
    [{ url: 'nonsense' }, 'invalid', 'Url does not appear to be a valid URL.'],
    [{ channel: 'fax' }, 'invalid', 'Channel is not one of webhook, slack, email, inbox.'],
    [{ channel: 'slack' }, 'invalid', 'Channel slack needs an http or https URL.'],
    [
      { url: 'mailto:a@example.com' },
      'unavailable',
      'Channel email is not set up on this server: set SMTP_URL and MAIL_FROM.',
    ],
  ])('refuses %j in a sentence', async (changes, code, message) => {
    expect(await stage.desk.create(hook(changes))).toEqual(refusal(code, message))
    expect(stage.temp.ledger.hooks.list(stage.temp.account())).toEqual([])
  })

  it('refuses where the guard does', async () => {
    expect(await stage.desk.create(hook({ url: 'http://10.0.0.1/' }))).toMatchObject({
      ok: false,
      problem: { code: 'forbidden', message: expect.stringMatching(/^Url is refused: 10\.0\.0\.1 .*\.$/) },
    })
  })
})

describe('removing', () => {
  it('removes a hook once', async () => {
    await stage.desk.create(hook())
    expect(await stage.desk.remove(hook())).toEqual({ ok: true, value: null })
    expect(await stage.desk.remove(hook())).toEqual(
      refusal('not_found', 'No such webhook exists under your account.'),
    )
    expect(await stage.desk.remove(hook({ gemName: 'no-such-gem' }))).toEqual(
      refusal('not_found', 'This gem could not be found.'),
    )
  })

  it('removes a hook on a gem that the upstream does not know any more', async () => {
    stage.temp.hook({ gemName: 'no-such-gem', channel: 'inbox' })
    expect(await stage.desk.remove(hook({ gemName: 'no-such-gem' }))).toMatchObject({ ok: true })
  })

  it('leaves other accounts alone', async () => {
    stage.temp.hook({ gemName: 'rails', channel: 'inbox', account: 'second' })
    expect(await stage.desk.remove(hook())).toMatchObject({ ok: false, problem: { code: 'not_found' } })
    expect(stage.temp.ledger.hooks.list(stage.temp.account('second'))).toHaveLength(1)
  })
})

describe('firing', () => {
  const fire = (changes: Parameters<typeof hook>[0] & { kind?: string | null } = {}) =>
    stage.desk.fire({ kind: null, ...hook(changes), ...changes })

  it('gives the very job that was attempted, beside the answer', async () => {
    sink.answer({ status: 202, body: 'thanks' })
    const fired = await fire({ url: sink.url })
    expect(fired).toMatchObject({
      ok: true,
      value: { attempt: { verdict: 'succeeded', statusCode: 202, response: 'thanks' } },
    })
    expect(stage.jobs).toHaveLength(1)
    expect(fired).toMatchObject({ value: { job: stage.jobs[0] } })
    expect(sink.received[0]?.headers['webhook-id']).toBe(stage.jobs[0]?.message.id)
  })

  it('gives a refusal by the far side as what it said', async () => {
    sink.answer({ status: 500, body: 'broken' })
    expect(await fire({ url: sink.url })).toMatchObject({
      ok: true,
      value: { attempt: { verdict: 'retry', statusCode: 500, response: 'broken' } },
    })
  })

  it('keeps a message in an inbox, about gemcutter for all gems', async () => {
    expect(await fire({ gemName: '*', kind: 'yanked' })).toMatchObject({
      ok: true,
      value: {
        job: { channel: 'inbox', message: { gemName: 'gemcutter', kind: 'yanked' } },
        attempt: { response: 'Kept in inbox:demo.' },
      },
    })
  })

  it('for all gems is about the newest release that is not in doubt', async () => {
    stage.temp.arrive({ name: 'rails', version: '8.1.3' })
    stage.temp.arrive({ name: 'refuted' })
    stage.temp.change("UPDATE events SET confirmation = 'refuted' WHERE gem_name = 'refuted'")
    expect(await fire({ gemName: '*' })).toMatchObject({
      value: { job: { message: { gemName: 'rails', number: '8.1.3', origin: 'fire' } } },
    })
    expect(stage.upstream.asked).toEqual([])
  })

  it('for all gems is a sample where neither the ledger nor the upstream knows any', async () => {
    stage.upstream.fail({ status: 404 })
    expect(await fire({ gemName: '*' })).toMatchObject({
      value: { job: { message: { gemName: 'gemcutter', origin: 'sample' } } },
    })
  })

  it.each([
    [{ gemName: 'no-such-gem' }, 'not_found', 'This gem could not be found.'],
    [{ kind: 'restored' }, 'invalid', 'Kind is not one of pushed, yanked.'],
    [{ channel: 'email' }, 'invalid', 'Channel email needs a mailto: URL.'],
  ])('refuses %j before anything is sent', async (changes, code, message) => {
    expect(await fire(changes)).toEqual(refusal(code, message))
    expect(stage.jobs).toEqual([])
  })
})

describe('a preview', () => {
  it('is about the gem’s newest release, on every channel, and nothing is sent', async () => {
    stage.temp.arrive({ name: 'rails', version: '8.1.2' })
    stage.temp.arrive({ name: 'rails', version: '8.1.3' })
    const shown = await show({ url: 'mailto:ada@example.com' })
    if (!shown.ok) throw new Error(shown.problem.message)
    const { webhook, slack, email } = shown.value
    expect(JSON.parse(webhook.body)).toMatchObject({ name: 'rails', version: '8.1.3' })
    expect(webhook.headers['webhook-timestamp']).toBe(`${testTime / 1000}`)
    expect(slack.blocks[0]).toMatchObject({ text: { text: expect.stringContaining('rails 8.1.3') } })
    expect(email).toMatchObject({ to: 'ada@example.com', subject: expect.stringContaining('8.1.3') })
    expect([stage.jobs, sink.received]).toEqual([[], []])
    for (const table of ['hooks', 'endpoints', 'deliveries', 'inbox_messages'])
      expect(stage.temp.query(`SELECT * FROM ${table}`)).toEqual([])
  })

  it('may be of a yank', async () => {
    stage.temp.arrive({ name: 'rails' })
    expect(await show({ kind: 'yanked' })).toMatchObject({
      value: { email: { subject: expect.stringMatching(/ yanked$/) } },
    })
  })

  it('for all gems is about the newest event that is not in doubt', async () => {
    stage.temp.arrive({ name: 'rack' }, testTime)
    stage.temp.arrive({ name: 'rails' }, testTime + 1)
    stage.temp.arrive({ name: 'refuted' }, testTime + 2)
    stage.temp.arrive({ name: 'asked-about' }, testTime + 3)
    stage.temp.change("UPDATE events SET confirmation = 'refuted' WHERE gem_name = 'refuted'")
    stage.temp.change("UPDATE events SET check_at = 1 WHERE gem_name = 'asked-about'")
    const shown = await show({ gemName: '*' })
    expect(shown.ok && JSON.parse(shown.value.webhook.body).name).toBe('rails')
    expect(stage.upstream.asked).toEqual([])
  })

  it('for all gems is about gemcutter in an empty ledger, and a sample without the upstream', async () => {
    const asked = await show({ gemName: '*' })
    expect(asked.ok && JSON.parse(asked.value.webhook.body)).toMatchObject({
      name: 'gemcutter',
      version: '0.7.1',
    })
    const alone = await openStage()
    alone.upstream.fail({ status: 404 })
    const sample = await alone.desk.preview({ accountId: alone.temp.account(), gemName: '*', kind: null })
    expect(sample.ok && sample.value.email.subject).toBe('[gems] Test: gemcutter 0.0.0.sample released')
    await alone.close()
  })

  it.each([
    [{ gemName: 'no-such-gem' }, 'not_found', 'This gem could not be found.'],
    [{ kind: 'restored' }, 'invalid', 'Kind is not one of pushed, yanked.'],
  ])('of %j is refused', async (changes, code, message) => {
    expect(await show(changes)).toEqual(refusal(code, message))
  })
})
