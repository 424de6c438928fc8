import { routes } from '../../src/api/routes.js'

/** What the holes of paths are filled with. */
export interface Fillings {
  /** Ids of whatever has some: endpoints, events, deliveries, messages, and a redelivery's, if there was one. */
  ids: readonly (number | string)[]
  /** Names of inboxes. */
  inboxes: readonly string[]
  /** A gem and one of its versions. */
  gem: string
  version: string
}

/** Every path of the JSON API that is read, each hole filled with everything that it may be filled with. */
export function readableApiPaths({ ids, inboxes, gem }: Fillings): string[] {
  const reads = routes.filter(({ method }) => method === 'get').map(({ path }) => path)
  return filled(reads, { '{id}': ids, '{name}': inboxes }).map((path) =>
    path.endsWith('previews.json') ? `${path}?gem_name=${gem}` : path,
  )
}

/** Every page behind sign-in and every feed, in the same way. */
export function readablePages({ ids, inboxes, gem, version }: Fillings): string[] {
  return filled(pages, { '{id}': ids, '{name}': inboxes, '{gem}': [gem], '{version}': [version] })
}

const pages = [
  '/',
  '/?search={gem}',
  '/gems/{gem}/versions/{version}',
  '/dead',
  '/dead?endpoint={id}',
  '/dead?redelivery={id}',
  '/hooks',
  '/hooks?gem={gem}',
  '/endpoints/{id}',
  '/preview?gem={gem}',
  '/preview/email.html?gem={gem}',
  '/inbox',
  '/inbox/{name}',
  '/inbox/{name}/{id}',
  '/inbox/{name}/{id}/email.html',
  '/setup',
  '/setup/sync',
  '/feed.atom',
  '/gems/{gem}.atom',
  '/inbox/{name}.atom',
]

function filled(paths: readonly string[], holes: Record<string, readonly (number | string)[]>): string[] {
  return Object.entries(holes).reduce<string[]>(
    (left, [hole, fillings]) =>
      left.flatMap((path) =>
        path.includes(hole) ? fillings.map((filling) => path.replace(hole, String(filling))) : [path],
      ),
    [...paths],
  )
}
