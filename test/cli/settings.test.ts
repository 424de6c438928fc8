import { afterEach, beforeEach, expect, it, type MockInstance, vi } from 'vitest'
import { loadConfig } from '../../src/cli/settings.js'

const before = process.exitCode
let told: MockInstance<typeof console.error>
beforeEach(() => {
  told = vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  process.exitCode = before
})

it('reads the environment', async () => {
  vi.stubEnv('PORT', '8123')
  expect(await loadConfig()).toMatchObject({ port: 8123 })
  expect(told).not.toHaveBeenCalled()
})

it('says what is wrong with it and ends with 2', async () => {
  vi.stubEnv('PORT', 'eighty')
  expect(await loadConfig()).toBeUndefined()
  expect(told.mock.calls).toEqual([['gemherald: PORT must be a whole number from 0 to 65535.']])
  expect(process.exitCode).toBe(2)
})
