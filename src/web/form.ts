import express, { type Request } from 'express'

/** Reads an urlencoded body of 64 KiB at most; a larger or compressed one is an error with its 4xx status. */
export const readForm = express.urlencoded({ extended: false, limit: 65_536, inflate: false })

/** The trimmed text of a posted field; null when it is missing or blank. Of several values the last one counts. */
export function field(req: Request, name: string): string | null {
  const value: unknown = (req.body as Record<string, unknown> | undefined)?.[name]
  const last: unknown = Array.isArray(value) ? value.at(-1) : value
  const text = typeof last === 'string' ? last.trim() : ''
  return text === '' ? null : text
}
