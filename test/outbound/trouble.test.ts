import { describe, expect, it } from 'vitest'
import { explain, OutboundError, unavailable } from '../../src/outbound/trouble.js'

const coded = (code: string) => Object.assign(new Error(`because ${code}`), { code })

describe('explain', () => {
  it.each([
    ['ECONNREFUSED', 'h:1: connection refused'],
    ['ECONNRESET', 'h:1: the connection was closed before the answer was complete'],
    ['EPIPE', 'h:1: the connection was closed before the answer was complete'],
    ['UND_ERR_SOCKET', 'h:1: the connection was closed before the answer was complete'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'h:1: the answer is not as long as it says'],
    ['EHOSTUNREACH', 'h:1: the exchange failed (EHOSTUNREACH)'],
    ['EMFILE', 'h:1: the exchange failed (EMFILE)'],
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'h:1: the exchange failed (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)',
    ],
    ['ERR_SOCKET_CONNECTION_TIMEOUT', 'h:1: the exchange failed (ERR_SOCKET_CONNECTION_TIMEOUT)'],
  ])('knows %s for trouble on the wire', (code, message) => {
    expect(explain(coded(code), 'h:1')).toEqual({ code: 'unavailable', message })
  })

  it('hands on the problem that an error carries', () => {
    const problem = unavailable('because')
    expect(explain(new OutboundError(problem), 'h:1')).toBe(problem)
  })

  it.each([
    coded('UND_ERR_INVALID_ARG'),
    coded('UND_ERR_NOT_SUPPORTED'),
    coded('UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'),
    coded('ERR_ASSERTION'),
    coded('ERR_INVALID_ARG_TYPE'),
    new TypeError('x is not a function'),
  ])('throws a bug again: %s', (bug) => {
    expect(() => explain(bug, 'h:1')).toThrow(bug)
  })
})
