import type { Preview } from '../../channels/preview.js'
import { Code } from '../parts/code.js'
import { Details } from '../parts/details.js'
import { headerLines } from './header-lines.js'
import { readableJson } from './readable-json.js'

/** A webhook's request: its headers, and its body both with line breaks and as it is sent. */
export function WebhookPreview({ webhook: { headers, body } }: { webhook: Preview['webhook'] }) {
  return (
    <section class="preview panel stack" aria-labelledby="preview-webhook">
      <h2 id="preview-webhook">Webhook</h2>
      <Code text={headerLines(headers)} label="Headers" />
      <Code text={readableJson(body)} language="json" label="Body" />
      <Details summary="The body as it is sent, on one line">
        <Code text={body} language="json" label="Body on one line" />
      </Details>
    </section>
  )
}
