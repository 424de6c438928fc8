/** The address of a preview page about a gem's newest release. */
export function previewPath(
  page: '/preview' | '/preview/email.html',
  { gemName, kind }: { gemName: string; kind: string | null },
): string {
  return `${page}?${new URLSearchParams({ gem: gemName, ...(kind === null ? {} : { kind }) })}`
}
