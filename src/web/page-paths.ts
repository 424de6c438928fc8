/** Whether a path belongs to a page behind sign-in. Feeds lie beside the pages, but are open, or let in by themselves. */
export function isPagePath(path: string): boolean {
  return pages.test(path) && !path.endsWith('.atom')
}

const pages =
  /^\/(?:$|(?:dead|hooks|endpoints|deliveries|preview|inbox|setup|sign-out)(?:\/|$)|gems\/[^/]+\/versions(?:\/|$))/i
