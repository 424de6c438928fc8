/** The address of a release's page. Both are verified names, but not every one is fit for an address as it stands. */
export function releasePath(gemName: string, number: string): string {
  return `/gems/${encodeURIComponent(gemName)}/versions/${encodeURIComponent(number)}`
}
