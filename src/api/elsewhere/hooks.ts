import { z } from 'zod'
import { channelField, textField } from '../fields.js'
import { format, formats, json, noGem, type OtherRoute, plain, said, tooOften } from './other-route.js'

const denied = said('There is no valid API key in Authorization.', plain)
const hook = {
  gem_name: textField().describe("A gem's name, or `*` for all."),
  url: textField().describe('An http(s) URL, `mailto:ADDRESS` or `inbox:NAME`.'),
}

/** The v1 API of hooks (src/manage/router.ts). */
export const hookRoutes: readonly OtherRoute[] = [
  {
    method: 'get',
    path: '/api/v1/web_hooks.{format}',
    operation: 'listHooks',
    summary: 'Hooks of the account by gem, as RubyGems.org lists them',
    input: z.object({ format }),
    keyed: true,
    answers: { 200: said('Lists of hooks by the name of their gem.', formats), 401: denied },
  },
  {
    method: 'post',
    path: '/api/v1/web_hooks',
    operation: 'addHook',
    summary: 'Register a hook',
    input: z.object({
      ...hook,
      channel: channelField.exactOptional().describe('The one that suits the URL unless told.'),
    }),
    keyed: true,
    answers: {
      201: said('It is registered.', plain),
      400: said('A parameter is missing or cannot be read.', json),
      401: denied,
      404: noGem,
      409: said('It is registered already, or the URL is no good: a Ruby array of sentences.', plain),
      413: said('The body is too large.', json),
    },
  },
  {
    method: 'delete',
    path: '/api/v1/web_hooks/remove',
    operation: 'removeHook',
    summary: 'Remove a hook',
    input: z.object(hook),
    keyed: true,
    answers: {
      200: said('It is removed.', plain),
      400: said('A parameter is missing or cannot be read.', json),
      401: denied,
      404: said('There is no such hook or gem.', plain),
    },
  },
  {
    method: 'post',
    path: '/api/v1/web_hooks/fire',
    operation: 'fireHook',
    summary: 'Send one test message, and tell what the far side said as text',
    input: z.object({
      ...hook,
      channel: channelField.exactOptional(),
      kind: z.enum(['pushed', 'yanked']).exactOptional(),
    }),
    keyed: true,
    answers: {
      200: said('It was delivered: what the far side said.', plain),
      400: said('It was not delivered, or a parameter is no good.', json),
      401: denied,
      404: noGem,
      413: said('The body is too large.', json),
      429: tooOften,
    },
  },
]
