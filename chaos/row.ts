/** One requirement of a row, and how it came out. */
export interface Check {
  /** What must be so, such as `events doubled 0`. */
  must: string
  /** What was found, such as `0`. */
  found: string
  met: boolean
  /** It hangs on how quick and how busy the machine is: the scorecard judges it, the tests do not. */
  figure: boolean
}

/** What a row came to, by the ledgers of those who posted and those who received. */
export interface Finding {
  /** What was done to the service, and how often. */
  done: string
  /** Webhooks that were answered 2xx. Null where the row posts none. */
  accepted: number | null
  /** Messages that arrived and were answered 2xx, each counted once. */
  delivered: number | null
  /** Messages owed for what was accepted that never arrived. */
  lost: number | null
  /** Messages that arrived more often than once, each time counted. */
  repeated: number | null
  /** Beside `lost`, which must be 0 in every row that counts it. */
  checks: Check[]
}

/** A fault, how much of it the two forms of the suite bring about, and what does it. */
export interface Row<Options> {
  /** Its number in the scorecard. */
  number: number
  fault: string
  /** For the long form. */
  long: Options
  /** For `--quick`; null when the long form alone has the row. */
  quick: Options | null
  /** Rejects when the row could not be carried out; a promise that was broken is a check that is not met. */
  run(options: Options): Promise<Finding>
}

/** A row of whatever options. */
export interface AnyRow {
  number: number
  fault: string
  /** Whether it has a quick form. */
  quick: boolean
  /** Runs the long form, or the quick one where there is one. */
  run(quick: boolean): Promise<Finding>
}

export function anyRow<Options>({ number, fault, long, quick, run }: Row<Options>): AnyRow {
  return {
    number,
    fault,
    quick: quick !== null,
    run: (short) => run(short && quick !== null ? quick : long),
  }
}

/** A requirement that holds on every machine. */
export function check(must: string, found: string | number, met: boolean): Check {
  return { must, found: String(found), met, figure: false }
}

/** A requirement on a duration or a size. */
export function figure(must: string, found: string | number, met: boolean): Check {
  return { ...check(must, found, met), figure: true }
}

/** Whether everything that the row must show was shown. */
export function isMet({ lost, checks }: Finding): boolean {
  return (lost ?? 0) === 0 && checks.every(({ met }) => met)
}
