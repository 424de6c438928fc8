import { z } from 'zod'
import { ok } from '../error.js'
import { explanationJson } from '../receive/explanation-json.js'
import { sentencesOf } from '../receive/explanation-text.js'
import { verifyClaim } from '../receive/verify-claim.js'
import { gemField, textField } from './fields.js'
import { route } from './route.js'

const verdictSchema = z.object({
  valid: z.boolean().describe('Whether the receiver would accept it.'),
  made_with: z
    .object({ secret: z.string(), derivation: z.enum(['as it stands', 'SHA-256 of it']) })
    .nullable()
    .describe('The configured secret by its place, such as `RUBYGEMS_API_KEYS[1]`.'),
  notes: z.array(z.string()),
  reasons: z.array(z.object({ code: z.string(), finding: z.string(), advice: z.string() })),
  sentences: z.array(z.string()).describe('All of this for people.'),
})

export const verify = route({
  method: 'post',
  path: '/api/v1/verify.json',
  operation: 'verify',
  summary: 'Explain an Authorization header of a webhook',
  input: z.object({
    name: gemField,
    version: textField().describe("As in the webhook's body, without platform."),
    authorization: textField(4_096).exactOptional(),
  }),
  answer: verdictSchema,
  operatorOnly: true,
  async act({ given: { name, version: number, authorization = null } }, { ledger, setup: { secrets } }) {
    const found = await verifyClaim({ name, number, authorization, secrets }, (gemName) =>
      ledger.catalog.ofGem(gemName).map((release) => release.number),
    )
    if (!found.ok) return found
    return ok({ ...explanationJson(found.value), sentences: sentencesOf(found.value) })
  },
})
