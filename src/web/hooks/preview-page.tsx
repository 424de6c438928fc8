import type { Preview } from '../../channels/preview.js'
import { Field } from '../parts/field.js'
import { pathWith } from '../path-with.js'
import { Previews } from '../previews/previews.js'

/** What a preview is asked to be about. */
export interface PreviewRequest {
  gemName: string
  /** `pushed` or `yanked`; null: the truth. */
  kind: string | null
}

/** How a message about a gem's newest release looks; `preview` null: there is no such gem. Nothing is sent. */
export function PreviewPage({ request, preview }: { request: PreviewRequest; preview: Preview | null }) {
  const { gemName: gem, kind } = request
  return (
    <div class="stack">
      <form class="line-form" method="get" action="/preview">
        <Field label="Gem" name="gem" value={gem === '*' ? '' : gem} />
        <div class="field">
          <label for="field-kind">What happened</label>
          <select id="field-kind" name="kind">
            <option value="" selected={kind === null}>
              The truth
            </option>
            <option value="pushed" selected={kind === 'pushed'}>
              It was released
            </option>
            <option value="yanked" selected={kind === 'yanked'}>
              It was yanked
            </option>
          </select>
        </div>
        <button class="button primary" type="submit">
          Show
        </button>
      </form>
      {preview !== null && (
        <>
          <p class="muted">
            Nothing is sent. It is about the newest release that gemherald or RubyGems.org knows, else a
            sample.
          </p>
          <Previews preview={preview} htmlAt={pathWith('/preview/email.html', { gem, kind })} />
        </>
      )}
    </div>
  )
}
