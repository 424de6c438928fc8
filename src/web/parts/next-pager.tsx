/** The way through what stands in an order of its own, not newest first; null where there is none. */
export function NextPager({ first, next }: { first: string | null; next: string | null }) {
  if (first === null && next === null) return null
  return (
    <nav class="pager" aria-label="Pages">
      {first === null ? (
        <span />
      ) : (
        <a class="button" href={first}>
          First page
        </a>
      )}
      {next !== null && (
        <a class="button" href={next} rel="next">
          Next page
        </a>
      )}
    </nav>
  )
}
