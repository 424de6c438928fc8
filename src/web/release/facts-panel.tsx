import { Moment } from '../parts/moment.js'
import { Panel } from '../parts/panel.js'
import { releasePath } from '../releases/release-path.js'
import { OutLink } from './out-link.js'
import type { ReleaseFacts } from './release-facts.js'

interface FactsPanelProps {
  facts: ReleaseFacts
  gemName: string
  previous: string | null
  now: number
}

/** What the gem's makers say of the release. Their words are set apart, whichever way they are written. */
export function FactsPanel({ facts, gemName, previous, now }: FactsPanelProps) {
  const { info, authors, licences, createdAt, downloads, sha, specSha, links } = facts
  return (
    <Panel id="facts" title="Facts">
      {info !== '' && (
        <p class="release-info">
          <bdi>{info}</bdi>
        </p>
      )}
      <dl class="facts">
        <dt>Published</dt>
        <dd>
          <Moment at={createdAt} now={now} />
        </dd>
        {previous && (
          <>
            <dt>Before it</dt>
            <dd>
              <a class="mono" href={releasePath(gemName, previous)}>
                {previous}
              </a>
            </dd>
          </>
        )}
        <dt>Licence</dt>
        <dd>
          <bdi>{licences || 'none given'}</bdi>
        </dd>
        <dt>Authors</dt>
        <dd>
          <bdi>{authors || 'none given'}</bdi>
        </dd>
        {downloads !== null && (
          <>
            <dt>Downloads of the gem</dt>
            <dd>{downloads.toLocaleString('en')}</dd>
          </>
        )}
        <dt>Links</dt>
        <dd>
          <ul class="release-links">
            {links.map(({ label, url }) => (
              <li key={label}>
                <OutLink href={url}>{label}</OutLink>
              </li>
            ))}
          </ul>
        </dd>
        <Digest name="SHA-256" digest={sha} />
        <Digest name="SHA-256 of the spec" digest={specSha} />
      </dl>
    </Panel>
  )
}

function Digest({ name, digest }: { name: string; digest: string }) {
  if (digest === '') return null
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <code class="mono digest">{digest}</code>
      </dd>
    </>
  )
}
