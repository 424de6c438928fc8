/** Links to the first page and to the one after this; null where there is none. */
export function Pager({ newest, older }: { newest: string | null; older: string | null }) {
  if (newest === null && older === null) return null
  return (
    <nav class="pager" aria-label="Pages">
      {newest === null ? (
        <span />
      ) : (
        <a class="button" href={newest}>
          Newest
        </a>
      )}
      {older !== null && (
        <a class="button" href={older} rel="next">
          Older
        </a>
      )}
    </nav>
  )
}
