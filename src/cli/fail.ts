import type { Problem } from '../error.js'
import { cleanLines } from './lines.js'

/** Ends the command: the problem on stderr, exit code 2 for wrong settings or usage, else 1. */
export function failWith({ code, message }: Problem): void {
  console.error(`gemherald: ${cleanLines(message)}`)
  process.exitCode = code === 'invalid' ? 2 : 1
}
