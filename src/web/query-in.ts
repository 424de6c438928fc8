import type { Request } from 'express'

/** The query of a request's address. */
export function queryIn(req: Request): URLSearchParams {
  const start = req.originalUrl.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : req.originalUrl.slice(start + 1))
}
