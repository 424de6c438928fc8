/** Links to the pages beside this one; null where there is none. */
export function Pager({ newer, older }: { newer: string | null; older: string | null }) {
  if (newer === null && older === null) return null
  return (
    <nav class="pager" aria-label="Pages">
      {newer === null ? <span /> : <Step href={newer} rel="prev" text="Newer" />}
      {older === null ? <span /> : <Step href={older} rel="next" text="Older" />}
    </nav>
  )
}

function Step({ href, rel, text }: { href: string; rel: string; text: string }) {
  return (
    <a class="button" href={href} rel={rel}>
      {text}
    </a>
  )
}
