import express, { type Request, type RequestHandler, type Response } from 'express'
import { fail, ok, type Result } from '../error.js'
import { parseForm } from './form.js'

/** Parameters from a body, and a text in which a NUL anywhere in them shows as `\u0000`. */
export interface Body {
  values: ReadonlyMap<string, unknown>
  dump: string
}

const limitBytes = 64 * 1024

/**
 * Reads the parameters in a request's body: urlencoded (also when no type is named), multipart fields, or a JSON
 * object; none for other types. `too_large` above 64 KiB, `invalid` when the body is not what it says it is.
 */
export async function readBody(req: Request, res: Response): Promise<Result<Body>> {
  if (Number(req.headers['content-length'] ?? 1) === 0) return ok(nothing)
  const type = req.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type?.startsWith('multipart/')) return readFields(req, res)

  const failure = await run(readBytes, req, res)
  if (failure !== undefined) return refuse(failure, (failure as { status?: number }).status === 413)
  if (!Buffer.isBuffer(req.body)) return ok(nothing)
  if (type === 'application/json') return parseJson(req.body)
  return type === undefined || type === 'application/x-www-form-urlencoded'
    ? parseFields(req.body)
    : ok(nothing)
}

const nothing: Body = { values: new Map(), dump: '' }

const readBytes = express.raw({ type: () => true, limit: limitBytes })

const multipartLimits = {
  fieldSize: limitBytes,
  fields: 20,
  parts: 20,
  // A name like a[999999999] would become an array of that length.
  fieldArrayIndexLimit: 20,
  fieldNestingDepth: 4,
}

async function readFields(req: Request, res: Response): Promise<Result<Body>> {
  if (Number(req.headers['content-length'] ?? 0) > limitBytes) return refuse(undefined, true)
  // Loaded when first needed: hardly anybody sends this, and it would slow every start.
  const { default: multer } = await import('multer')
  const failure = await run(multer({ limits: multipartLimits }).none(), req, res)
  if (failure !== undefined) {
    const tooLarge = failure instanceof multer.MulterError && failure.code === 'LIMIT_FIELD_VALUE'
    return refuse(failure, tooLarge)
  }
  const fields = Object.entries<unknown>(req.body ?? {})
  return ok({ values: new Map(fields.map(lastOfRepeated)), dump: JSON.stringify(fields) })
}

function lastOfRepeated([name, value]: [string, unknown]): [string, unknown] {
  return [name, Array.isArray(value) ? value.at(-1) : value]
}

/** Runs a middleware and gives the error it ends with, if any. */
function run(middleware: RequestHandler, req: Request, res: Response): Promise<unknown> {
  return new Promise((resolve) => {
    middleware(req, res, resolve)
  })
}

function refuse(failure: unknown, tooLarge: boolean): Result<Body> {
  if (tooLarge) return fail('too_large', `The request's body is larger than ${limitBytes} bytes.`)
  return fail('invalid', `The request's body cannot be read: ${(failure as Error).message}.`)
}

function parseFields(bytes: Buffer): Result<Body> {
  const form = parseForm(bytes.toString('latin1'))
  return form.ok ? ok({ values: form.value, dump: JSON.stringify([...form.value]) }) : form
}

function parseJson(bytes: Buffer): Result<Body> {
  try {
    const dump = utf8.decode(bytes)
    const parsed: unknown = JSON.parse(dump)
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    // The text itself is the dump: JSON can write a NUL in no other way.
    return ok({ values: new Map(isObject ? Object.entries(parsed) : []), dump })
  } catch {
    return fail('invalid', "The request's body is not JSON in UTF-8.")
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
