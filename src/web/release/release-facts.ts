import { compareLink, webLink } from '../../channels/links.js'
import { creationTime, type Payload } from '../../payload.js'
import { plain } from '../../plain-text.js'

/** What a payload tells of a release, fit to be shown: one line each, empty where it says nothing. */
export interface ReleaseFacts {
  info: string
  authors: string
  licences: string
  /** ms since the epoch */
  createdAt: number
  downloads: number | null
  /** SHA-256 hex of the package; empty when it is none. */
  sha: string
  specSha: string
  links: { label: string; url: string }[]
}

const longestInfo = 2_000
const mostLicences = 20

/** Reads what there is to show. `previous` is the number of the release before; `gemPage` is built from the verified name. */
export function factsOf(
  payload: Payload,
  { previous, receivedAt, gemPage }: { previous: string | null; receivedAt: number; gemPage: string },
): ReleaseFacts {
  const { facts } = payload
  return {
    info: plain(facts.info, longestInfo),
    authors: plain(facts.authors, 500),
    licences: licencesIn(facts.licenses),
    createdAt: creationTime(payload, receivedAt),
    downloads: typeof facts.downloads === 'number' && facts.downloads >= 0 ? facts.downloads : null,
    sha: digestIn(facts.sha),
    specSha: digestIn(facts.spec_sha),
    links: linksIn(payload, previous, gemPage),
  }
}

const linkLabels: Record<string, string> = {
  changelog_uri: 'Changelog',
  source_code_uri: 'Source code',
  homepage_uri: 'Homepage',
  documentation_uri: 'Documentation',
  bug_tracker_uri: 'Bug tracker',
  wiki_uri: 'Wiki',
  mailing_list_uri: 'Mailing list',
  funding_uri: 'Funding',
}

function linksIn({ name, version, facts }: Payload, previous: string | null, gemPage: string) {
  const compare = previous === null ? null : compareLink(name, previous, version, facts.source_code_uri)
  const found = [
    { label: 'Gem page', url: webLink(gemPage) },
    { label: 'Compare', url: compare },
    ...Object.entries(linkLabels).map(([key, label]) => ({ label, url: webLink(facts[key]) })),
  ]
  return found.filter((link): link is { label: string; url: string } => link.url !== null)
}

function licencesIn(value: unknown): string {
  const licences = [value].flat().slice(0, mostLicences)
  return licences
    .map((licence) => plain(licence, 100))
    .filter((licence) => licence !== '')
    .join(', ')
}

function digestIn(value: unknown): string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : ''
}
