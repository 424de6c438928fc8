/** Remembers whether the last commit of arrivals worked: what /readyz says of the disk. */
export function watchStorage() {
  let trouble: string | null = null
  return {
    trouble: () => trouble,
    watch:
      <A, R>(record: (arrivals: A) => R) =>
      (arrivals: A): R => {
        try {
          const receipts = record(arrivals)
          trouble = null
          return receipts
        } catch (error) {
          trouble = error instanceof Error ? error.message : String(error)
          throw error
        }
      },
  }
}
