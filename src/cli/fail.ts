import type { Problem } from '../error.js'

/** Ends the command: the problem on stderr, exit code 2 for wrong settings or usage, else 1. */
export function failWith({ code, message }: Problem): void {
  console.error(`gemherald: ${message}`)
  process.exitCode = code === 'invalid' ? 2 : 1
}
