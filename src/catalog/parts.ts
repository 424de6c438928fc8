import type { Logger } from 'pino'
import type { Ledger } from '../ledger/ledger.js'
import type { Format } from '../manage/format.js'
import type { Held } from './freshness.js'
import type { Parameters } from './parameters.js'

/** What the read routes are built from. */
export interface CatalogParts {
  ledger: Pick<Ledger, 'catalog' | 'indexLines' | 'installation' | 'lightly'>
  /** ms since the epoch */
  now(): number
  log: Logger
}

/** Brings the index up to date. Throws when the ledger cannot be written, and when `gone` aborts. */
export type CatchUp = (gone: AbortSignal) => Promise<void>

/** The same with what they share. */
export interface IndexedParts extends CatalogParts {
  catchUp: CatchUp
}

/** A request for one of the read routes. */
export interface Call {
  /** A gem's name, or a release's full name, as it stands in the path; empty where the path has none. */
  name: string
  /** A release's number, likewise. */
  number: string
  parameters: Parameters
  format: WrittenFormat
  /** The path, without parameters. */
  path: string
  held: Held
  /** Aborts when the client has gone. */
  gone: AbortSignal
}

export type WrittenFormat = Extract<Format, 'json' | 'yaml'>
