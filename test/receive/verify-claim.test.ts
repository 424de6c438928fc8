import { describe, expect, it } from 'vitest'
import { explanationJson } from '../../src/receive/explanation-json.js'
import { verifyClaim } from '../../src/receive/verify-claim.js'
import { authorizationFor, secrets } from '../helpers/webhooks.js'

const claim = {
  name: 'rails',
  number: '8.1.3',
  authorization: authorizationFor('rails', '8.1.3', secrets.legacy),
  secrets: [{ label: 'A', text: secrets.legacy }],
}
const unasked = () => {
  throw new Error('Nobody needs other numbers.')
}

describe('verifyClaim', () => {
  it('asks for no other numbers where the header is right', async () => {
    const found = await verifyClaim(claim, unasked)
    expect(found).toMatchObject({ ok: true, value: { verdict: 'match', maker: { label: 'A' } } })
  })

  it.each([['8.1.2'], ['8.1.1']])('finds %s among the other numbers of the gem', async (number) => {
    const authorization = authorizationFor('rails', number, secrets.legacy)
    const found = await verifyClaim({ ...claim, authorization }, async (gemName) =>
      gemName === 'rails' ? ['8.1.1', '8.1.2'] : [],
    )
    if (!found.ok) throw new Error(found.problem.message)
    expect(explanationJson(found.value)).toMatchObject({
      valid: false,
      made_with: { secret: 'A' },
      notes: [],
      reasons: [{ finding: expect.stringContaining(number) }],
    })
  })

  it.each([
    [{ name: '8.1.3', number: 'rails' }, 'The name of the gem goes before the version.'],
    [{ number: 'new' }, 'The version is no version number of a gem.'],
    [{ name: '..' }, 'The name cannot be the name of a gem.'],
    [{ name: '', number: '' }, 'The name cannot be the name of a gem.'],
  ])('refuses %j', async (changes, message) => {
    const found = await verifyClaim({ ...claim, ...changes }, unasked)
    expect(found).toEqual({ ok: false, problem: { code: 'invalid', message } })
  })
})
