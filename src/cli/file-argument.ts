import { resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'

/** An argument that names a file, as an absolute path. The empty text names none: wrong usage. */
export function readFileArgument(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must be the path of a file.')
  return resolve(text)
}
