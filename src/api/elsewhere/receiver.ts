import { z } from 'zod'
import { json, type OtherRoute, said } from './other-route.js'

const received = {
  200: said('It is known already.', json),
  202: said('It is kept.', json),
  400: said('The body is no webhook.', json),
  401: said('The Authorization header does not prove it.', json),
  408: said('The body took too long.', json),
  413: said('The body is too large.', json),
  415: said('The body is compressed, or no JSON.', json),
  429: said('Too many claims about this number wait to be checked. Send it again after Retry-After.', json),
  503: said('It could not be kept. Send it again after Retry-After.', json),
}

/** Where webhooks come in (src/receive/router.ts). */
export const receiverRoutes: readonly OtherRoute[] = [
  {
    method: 'post',
    path: '/webhooks/rubygems',
    operation: 'receive',
    summary: 'Where RubyGems.org sends its webhooks',
    description: 'Authorization is not an API key here, but the SHA-256 of name, version and a secret.',
    input: z.object({}),
    keyed: false,
    answers: received,
  },
  {
    method: 'post',
    path: '/webhooks/rubygems/{token}',
    operation: 'receiveWithToken',
    summary: 'The same where GEMHERALD_RECEIVER_TOKEN is set',
    input: z.object({ token: z.string() }),
    keyed: false,
    answers: received,
  },
]
