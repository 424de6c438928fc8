import { z } from 'zod'
import { gemField as name } from '../fields.js'
import {
  type Answers,
  format,
  formats,
  json,
  noGem,
  type OtherRoute,
  openRead,
  plain,
  said,
  tooOften,
} from './other-route.js'

const moment = z.iso.datetime({ offset: true })
const page = z.int().min(1).exactOptional()
const indexFile = {
  200: said('A file of the compact index.', plain),
  206: said('The asked part of it.', plain),
  416: said('There is no such part.', plain),
  503: said('The ledger cannot be used at present.', plain),
}

/** What RubyGems.org's API and compact index tell of gems (src/catalog/router.ts). */
export const catalogRoutes: readonly OtherRoute[] = [
  read(
    '/api/v1/gems/{name}.{format}',
    'showGem',
    'A gem by its most recent version',
    { name },
    { 404: noGem },
  ),
  read('/api/v1/versions/{name}.{format}', 'listVersions', "A gem's live versions", { name }, { 404: noGem }),
  read('/api/v1/versions/{name}/latest.json', 'latestVersion', "Number of a gem's latest version", { name }),
  read(
    '/api/v2/rubygems/{name}/versions/{number}.{format}',
    'showVersion',
    'One version of a gem',
    { name, number: z.string(), platform: z.string().exactOptional() },
    { 404: noGem },
  ),
  read('/api/v1/activity/just_updated.{format}', 'listJustUpdated', 'The versions that came last', {}),
  read('/api/v1/activity/latest.{format}', 'listNewGems', 'The gems that came last', {}),
  read(
    '/api/v1/timeframe_versions.{format}',
    'listTimeframe',
    'Versions created within a time frame',
    { from: moment, to: moment.exactOptional(), page },
    { 400: said('A moment is missing or wrong.', plain) },
  ),
  read(
    '/api/v1/downloads/{name}.{format}',
    'showDownloads',
    "A version's downloads, by full name",
    { name },
    { 404: noGem },
  ),
  read(
    '/api/v1/search.{format}',
    'searchGems',
    'Gems by words in name and info',
    { query: z.string(), page },
    { 400: said('There is no query.', plain), 429: tooOften },
  ),
  read(
    '/api/v1/search/autocomplete.json',
    'completeName',
    'Names of gems that begin so',
    { query: z.string().exactOptional() },
    { 429: tooOften },
  ),
  openRead('/versions', 'readVersions', 'All versions of all gems', {}, indexFile),
  openRead('/names', 'readNames', 'Names of all gems', {}, indexFile),
  openRead(
    '/info/{name}',
    'readInfo',
    "A gem's versions with their dependencies",
    { name },
    { ...indexFile, 404: noGem },
  ),
]

function read(
  path: string,
  operation: string,
  summary: string,
  input: z.core.$ZodLooseShape,
  others: Answers = {},
): OtherRoute {
  const hasFormat = path.endsWith('{format}')
  return openRead(path, operation, summary, hasFormat ? { ...input, format } : input, {
    200: said('As RubyGems.org answers it.', hasFormat ? formats : json),
    503: said('The ledger cannot be used at present.', json),
    ...others,
  })
}
