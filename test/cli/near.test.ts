import { expect, it } from 'vitest'
import { didYouMean } from '../../src/cli/near.js'

it.each([
  [[], ''],
  [['rails'], ' Did you mean rails?'],
  [['rails', 'rake'], ' Did you mean rails or rake?'],
  [['rails', 'rake', 'rack'], ' Did you mean rails, rake or rack?'],
  [['ra\u001Bils\n'], ' Did you mean ra?ils?'],
])('of %j asks %j', (near, question) => {
  expect(didYouMean(near)).toBe(question)
})
