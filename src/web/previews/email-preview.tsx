import type { Preview } from '../../channels/preview.js'
import { Code } from '../parts/code.js'
import { Details } from '../parts/details.js'
import { headerLines } from './header-lines.js'

/** An email: who, subject, and both its parts. `htmlAt`: the path where the HTML part is served by itself. */
export function EmailPreview({ email, htmlAt }: { email: Preview['email']; htmlAt: string }) {
  return (
    <section class="preview panel stack" aria-labelledby="preview-email">
      <h2 id="preview-email">Email</h2>
      <dl class="facts">
        <dt>Subject</dt>
        <dd>
          <strong>{email.subject}</strong>
        </dd>
        <dt>From</dt>
        <dd>{email.from}</dd>
        <dt>To</dt>
        <dd>{email.to}</dd>
      </dl>
      <iframe class="email" src={htmlAt} sandbox="" title={`Email: ${email.subject}`} loading="lazy" />
      <Details summary="Plain text part">
        <Code text={email.text} label="Plain text part" />
      </Details>
      <Details summary="HTML part">
        <Code text={email.html} language="html" label="HTML part" />
      </Details>
      <Details summary="Headers">
        <Code text={headerLines(email.headers)} label="Headers" />
      </Details>
    </section>
  )
}
