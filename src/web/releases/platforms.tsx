const mostShown = 3

/** The platforms of a version on one line, `ruby` first. One that is only for Ruby itself needs no words. */
export function Platforms({ platforms }: { platforms: readonly string[] }) {
  const ordered = rubyFirst(platforms)
  if (ordered.length === 1 && ordered[0] === 'ruby') return null
  const shown = ordered.length > mostShown ? ordered.slice(0, mostShown - 1) : ordered
  const others = ordered.length - shown.length
  return (
    <span class="platforms muted" title={ordered.join(', ')}>
      {shown.join(', ')}
      {others > 0 && (
        <>
          {' '}
          <span aria-hidden="true">+{others}</span>
          <span class="visually-hidden">and {others} more platforms</span>
        </>
      )}
    </span>
  )
}

/** In order of the alphabet, `ruby` before all others. */
export function rubyFirst(platforms: readonly string[]): string[] {
  const others = platforms.filter((platform) => platform !== 'ruby').sort()
  return others.length === platforms.length ? others : ['ruby', ...others]
}
