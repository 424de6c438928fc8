import { afterEach, expect, it, vi } from 'vitest'
import { failWith } from '../../src/cli/fail.js'

const before = process.exitCode
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = before
})

it.each([
  ['invalid', 2],
  ['unavailable', 1],
  ['not_found', 1],
] as const)('%s is told on stderr and ends with %i', (code, exitCode) => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  failWith({ code, message: 'PORT is wrong.\nHOST \u001B[31mis too.' })
  expect(told.mock.calls).toEqual([['gemherald: PORT is wrong.\nHOST [31mis too.']])
  expect(process.exitCode).toBe(exitCode)
})
