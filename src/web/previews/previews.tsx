import type { Preview } from '../../channels/preview.js'
import { EmailPreview } from './email-preview.js'
import { SlackPreview } from './slack-preview.js'
import { WebhookPreview } from './webhook-preview.js'

/** One message as the three channels send it, side by side. `htmlAt`: where the email's HTML part is served by itself. */
export function Previews({ preview, htmlAt }: { preview: Preview; htmlAt: string }) {
  return (
    <div class="previews">
      <SlackPreview message={preview.slack} />
      <EmailPreview email={preview.email} htmlAt={htmlAt} />
      <WebhookPreview webhook={preview.webhook} />
    </div>
  )
}
