import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findCalibrated } from '../../src/upstream/calibrated-answer.js'
import { codePoint } from '../helpers/code-point.js'

describe('our answer within the upstream’s', () => {
  const ticket = '1790000000000.mark'
  const answer = {
    status: 'calibration' as const,
    name: 'rails',
    version: '8.1.3.1',
    authorization: 'ab',
    ticket,
  }
  const url = `https://gems.example.org/webhooks/rubygems?calibrate=${ticket}`
  const head = `Successfully deployed webhook for rails to ${url}`
  const ours = JSON.stringify(answer)

  it.each([
    ['as RubyGems.org has it', `${head}\n\nResponse: 200\nContent-Type: application/json\n\n${ours}`],
    ['without headers', `${head}\n\nResponse: 200\n\n${ours}`],
    ['after an error', `${head}\nError: none\n\nResponse: 200\n\n${ours}`],
    ['set out in lines', `${head}\n\nResponse: 200\n\n${JSON.stringify(answer, null, 4)}\n`],
    [
      'in another order',
      `${head}\n\n${JSON.stringify({ more: 1, ...Object.fromEntries(Object.entries(answer).reverse()) })}`,
    ],
    ['after headers with braces', `${head}\n\nResponse: 200\nReport-To: {"group":"{x"}\n\n${ours}`],
    ['after long headers', `${head}\n\nResponse: 200\nX-Long: ${'x'.repeat(20_000)}\n\n${ours}`],
    ['within another object', `{"body":${ours}}`],
    ['alone', ours],
  ])('is found %s', (_title, text) => {
    expect(findCalibrated(text, ticket)).toEqual(answer)
  })

  it.each([
    ['nothing', ''],
    ['no answer', head],
    ['only a brace', '{'],
    ['another ticket', `${head}\n\n${JSON.stringify({ ...answer, ticket: `${ticket}x` })}`],
    ['another status', `${head}\n\n${JSON.stringify({ ...answer, status: 'accepted' })}`],
    ['no header', `${head}\n\n${JSON.stringify({ ...answer, authorization: undefined })}`],
    ['half of it', `${head}\n\n${ours.slice(0, -1)}`],
  ])('is not found in %s', (_title, text) => {
    expect(findCalibrated(text, ticket)).toBeNull()
  })

  it('is found whatever the header was, and whatever surrounds it', () => {
    const text = fc.string({ unit: codePoint })
    fc.assert(
      fc.property(
        text,
        text,
        fc.constantFrom('', '}', '{', '"', `{"ticket":"${ticket}"`),
        (header, around, odd) => {
          const sent = { ...answer, authorization: header }
          expect(findCalibrated(`${head}\n${around}${odd}\n\n${JSON.stringify(sent)}`, ticket)).toEqual(sent)
        },
      ),
    )
  })

  it('is looked for in any amount of braces', () => {
    expect(findCalibrated(`${'{'.repeat(30_000)}${ticket}${'{"'.repeat(30_000)}`, ticket)).toBeNull()
  })
})
