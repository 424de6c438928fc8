/** A link by a stranger that `webLink` let through, with the host that it leads to in sight. */
export function OutLink({ href, children }: { href: string; children: string }) {
  return (
    <>
      <a href={href} rel="noreferrer nofollow">
        {children}
      </a>{' '}
      <span class="muted out-host">{new URL(href).host}</span>
    </>
  )
}
