import { createTransport } from 'nodemailer'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { startHttpSink } from './http-sink.js'
import { refusePayload, startSlackSink } from './slack-sink.js'
import { startSmtpSink } from './smtp-sink.js'

const text = (type: string, length: number, rest = {}) => ({ type, text: 'x'.repeat(length), ...rest })

describe('the HTTP sink', () => {
  it('answers as it is told, by path, and keeps what came', async () => {
    const sink = await startHttpSink({ status: 204 })
    sink.answer('/teapot', ({ method }) => ({ status: 418, headers: { 'X-Method': method }, body: 'short' }))
    expect((await request(`${sink.url}/any`)).statusCode).toBe(204)
    const teapot = await request(`${sink.url}/teapot?a=1`, { method: 'POST', body: 'hello' })
    expect([teapot.statusCode, teapot.headers['x-method'], await teapot.body.text()]).toEqual([
      418,
      'POST',
      'short',
    ])
    sink.answer('/teapot', 'drop')
    await expect(request(`${sink.url}/teapot`)).rejects.toThrow()
    await sink.waitFor(3)
    expect(sink.received.map(({ path, body }) => `${path} ${body}`)).toEqual([
      '/any ',
      '/teapot?a=1 hello',
      '/teapot ',
    ])
    await expect(sink.waitFor(4, 1)).rejects.toThrow('in vain')
    await sink.close()
  })
})

describe('the Slack sink', () => {
  it.each([
    ['nonsense', 'invalid_payload'],
    ['null', 'invalid_payload'],
    [{}, 'no_text'],
    [{ text: 5 }, 'invalid_payload'],
    [{ text: 'hi' }, null],
    [{ blocks: [{ type: 'header', text: text('plain_text', 150) }] }, null],
    [{ blocks: [{ type: 'header', text: text('plain_text', 151) }] }, 'invalid_blocks'],
    [{ blocks: [{ type: 'header', text: text('mrkdwn', 9) }] }, 'invalid_blocks'],
    [{ blocks: [{ type: 'section', text: text('mrkdwn', 3000, { verbatim: true }) }] }, null],
    [{ blocks: [{ type: 'section', text: text('mrkdwn', 3001) }] }, 'invalid_blocks'],
    [{ blocks: [{ type: 'section', text: text('plain_text', 0) }] }, 'invalid_blocks'],
    [{ blocks: [{ type: 'section', text: text('plain_text', 9, { verbatim: true }) }] }, 'invalid_blocks'],
    [{ blocks: [{ type: 'section', text: text('mrkdwn', 9, { emoji: true }) }] }, 'invalid_blocks'],
    [{ blocks: [{ type: 'section' }] }, 'invalid_blocks'],
    [{ blocks: [{ type: 'section', fields: Array(11).fill(text('mrkdwn', 9)) }] }, 'invalid_blocks'],
    [{ blocks: [{ type: 'context', elements: [] }] }, 'invalid_blocks'],
    [{ blocks: [{ type: 'context', elements: [text('mrkdwn', 9)] }] }, null],
    [{ blocks: Array(51).fill({ type: 'divider' }) }, 'invalid_blocks'],
    [{ blocks: [{ type: 'unheard of' }] }, 'invalid_blocks'],
  ])('answers %j with %s', (payload, expected) => {
    expect(refusePayload(typeof payload === 'string' ? payload : JSON.stringify(payload))).toBe(expected)
  })

  it('says ok, limits the rate when asked, and then says ok again', async () => {
    const slack = await startSlackSink()
    const post = async () => {
      const headers = { 'content-type': 'application/json' }
      const {
        statusCode,
        headers: answered,
        body,
      } = await request(slack.url, { method: 'POST', headers, body: '{"text":"hi"}' })
      return [statusCode, answered['retry-after'], await body.text()]
    }
    slack.rateLimitNext(3)
    expect(await post()).toEqual([429, '3', 'rate_limited'])
    expect(await post()).toEqual([200, undefined, 'ok'])
    expect([slack.posts.length, slack.requests.length]).toEqual([1, 2])
    await slack.close()
  })
})

describe('the SMTP sink', () => {
  it('takes mail, and refuses what it is told to, as often as it is told to', async () => {
    const smtp = await startSmtpSink({ login: { user: 'ada', password: 'p@ss' } })
    const transport = createTransport(smtp.url)
    const send = (to: string) =>
      transport.sendMail({ from: 'a@example.com', to, subject: 'hi', text: 'there' }).then(
        ({ response }) => response,
        (error) => error.response,
      )
    smtp.reply('rcpt', { code: 550, text: 'Nobody here' }, { recipient: 'eve@example.com' })
    smtp.reply('data', { code: 451, text: 'Later' }, { times: 1 })
    expect(await send('eve@example.com')).toMatch(/^550 .*Nobody here/)
    expect(await send('ada@example.com')).toMatch(/^451 .*Later/)
    expect(await send('ada@example.com')).toMatch(/^250 /)
    const mails = await smtp.waitFor(2)
    expect(mails.map(({ reply }) => reply)).toEqual([{ code: 451, text: 'Later' }, 'accept'])
    expect(mails[1]).toMatchObject({
      envelope: { from: 'a@example.com', to: ['ada@example.com'] },
      email: { subject: 'hi' },
    })
    await smtp.close()
  })
})
