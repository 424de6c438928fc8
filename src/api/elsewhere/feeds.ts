import { z } from 'zod'
import { gemField, textField } from '../fields.js'
import { noGem, type OtherRoute, openRead, plain, said } from './other-route.js'

const feed = said('An Atom feed.', ['application/atom+xml'])

/** Atom feeds (src/feeds/router.ts). */
export const feedRoutes: readonly OtherRoute[] = [
  openRead('/feed.atom', 'readFeed', 'The newest releases as a feed', {}, { 200: feed }),
  openRead(
    '/gems/{name}.atom',
    'readGemFeed',
    "A gem's newest releases as a feed",
    { name: gemField },
    { 200: feed, 404: noGem },
  ),
  {
    method: 'get',
    path: '/inbox/{name}.atom',
    operation: 'readInboxFeed',
    summary: "An inbox's messages as a feed",
    description:
      'With an API key as Authorization or as the password of HTTP Basic, with the cookie of the page, or with the token in the link that the page shows.',
    input: z.object({ name: textField(), token: z.string().exactOptional() }),
    keyed: true,
    answers: {
      200: feed,
      401: said('Nothing proves whose inbox it is.', plain),
      404: said('There is no such inbox.', plain),
    },
  },
]
