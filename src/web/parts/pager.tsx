/** Links to the first page and to the one after this, of what stands newest first; null where there is none. */
export function Pager({ newest, older }: { newest: string | null; older: string | null }) {
  return <Pages first={newest} firstText="Newest" next={older} nextText="Older" />
}

/** The same for what stands in an order of its own. */
export function NextPager({ first, next }: { first: string | null; next: string | null }) {
  return <Pages first={first} firstText="First page" next={next} nextText="Next page" />
}

interface PagesProps {
  first: string | null
  firstText: string
  next: string | null
  nextText: string
}

function Pages({ first, firstText, next, nextText }: PagesProps) {
  if (first === null && next === null) return null
  return (
    <nav class="pager" aria-label="Pages">
      {first === null ? (
        <span />
      ) : (
        <a class="button" href={first}>
          {firstText}
        </a>
      )}
      {next !== null && (
        <a class="button" href={next} rel="next">
          {nextText}
        </a>
      )}
    </nav>
  )
}
